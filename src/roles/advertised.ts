/**
 * The address that a process gives to others: its `ADVERTISE`, with the port that it listens at unless that has one.
 * An IPv6 address goes into brackets there.
 */
export function advertised(advertise: string, port: number): string {
  if (advertise.startsWith('tcp://')) return advertise
  return `tcp://${advertise.includes(':') ? `[${advertise}]` : advertise}:${port}`
}
