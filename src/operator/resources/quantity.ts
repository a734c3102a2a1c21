const SUFFIXES: Readonly<Record<string, bigint>> = {
  m: 1n,
  '': 1000n,
  k: 1000n ** 2n,
  M: 1000n ** 3n,
  G: 1000n ** 4n,
  T: 1000n ** 5n,
  P: 1000n ** 6n,
  Ki: 1000n * 1024n,
  Mi: 1000n * 1024n ** 2n,
  Gi: 1000n * 1024n ** 3n,
  Ti: 1000n * 1024n ** 4n,
  Pi: 1000n * 1024n ** 5n,
}
const DECIMAL = ['P', 'T', 'G', 'M', 'k', '', 'm']
const BINARY = ['Pi', 'Ti', 'Gi', 'Mi', 'Ki', '']
const QUANTITY = /^(?<whole>\d+)(?:\.(?<fraction>\d+))?(?<suffix>m|k|Ki|M|Mi|G|Gi|T|Ti|P|Pi)?$/

/**
 * An amount as the API server writes it, whatever way a person wrote it: `1000m` is `1`, `1024Mi` is `1Gi`. What is applied
 * otherwise would look changed whenever it is read.
 * @throws RangeError for what is no amount
 */
export function canonicalQuantity(written: string | number): string {
  const { milli, binary } = parse(written)
  // Small or fractional binary amounts it writes as decimal ones.
  if (binary && milli >= 1_024_000n && milli % 1000n === 0n) return shortest(milli, BINARY)
  return shortest(milli, DECIMAL)
}

function parse(written: string | number): { milli: bigint; binary: boolean } {
  const { whole, fraction = '', suffix = '' } = QUANTITY.exec(String(written))?.groups ?? {}
  const unit = SUFFIXES[suffix]
  if (whole === undefined || unit === undefined) throw new RangeError(`"${written}" is no quantity`)
  const scale = 10n ** BigInt(fraction.length)
  // A part of a thousandth counts as a whole one.
  return { milli: (BigInt(whole + fraction) * unit + scale - 1n) / scale, binary: suffix.endsWith('i') }
}

function shortest(milli: bigint, suffixes: readonly string[]): string {
  if (milli === 0n) return '0'
  const suffix = suffixes.find((each) => milli % (SUFFIXES[each] as bigint) === 0n) ?? 'm'
  return `${milli / (SUFFIXES[suffix] as bigint)}${suffix}`
}
