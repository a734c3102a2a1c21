import { join } from 'node:path'
import { makeKey, makeKeyPair } from '../../adapters/keys/index.ts'
import { readList, readPair, writeList, writePair } from './files.ts'
import { checkKeys, distribute, OWN_KEYS, type OwnHolder } from './folder.ts'

/** What can be replaced while the system runs. `cluster` is the key under which tokens are signed. */
export const ROTATED = ['front', 'back', 'cluster', ...(Object.keys(OWN_KEYS) as OwnHolder[])] as const
export type Rotated = (typeof ROTATED)[number]

/**
 * Replaces a key in steps, the old and the new one valid between them. `pause` waits until every process has read what
 * was written (they look every second).
 */
export async function rotateKeys(folder: string, what: Rotated, pause: () => Promise<void>): Promise<void> {
  checkKeys(folder)
  if (what === 'front' || what === 'back') return rotateSide(folder, what, pause)
  if (what === 'cluster') return rotateCluster(folder, pause)
  return rotateOwn(folder, what, pause)
}

/** Those who connect trust both, then those who bind change over, then the old one is trusted no more. */
async function rotateSide(folder: string, side: 'front' | 'back', pause: () => Promise<void>): Promise<void> {
  const pair = makeKeyPair()
  const next = { name: side, key: pair.publicKey }
  writeList(folder, side, [...readList(folder, side), next])
  distribute(folder)
  await pause()
  writePair(folder, side, pair)
  distribute(folder)
  await pause()
  writeList(folder, side, [next])
  distribute(folder)
}

/** All accept the new one, then all sign with it. Tokens under the old one hold until the rotation after this. */
async function rotateCluster(folder: string, pause: () => Promise<void>): Promise<void> {
  const [current] = readList(folder, 'cluster')
  const next = { name: 'cluster', key: makeKey() }
  const former = current === undefined ? [] : [current]
  writeList(folder, 'cluster', [...former, next])
  distribute(folder)
  await pause()
  writeList(folder, 'cluster', [next, ...former])
  distribute(folder)
}

/** Those who bind admit both, then the holders change over, then the old one is admitted no more. */
async function rotateOwn(folder: string, holder: OwnHolder, pause: () => Promise<void>): Promise<void> {
  const role = OWN_KEYS[holder]
  const former = readPair(join(folder, holder), 'own')
  const pair = makeKeyPair()
  writeList(folder, role, [...readList(folder, role), { name: holder, key: pair.publicKey }])
  distribute(folder)
  await pause()
  writePair(join(folder, holder), 'own', pair)
  await pause()
  writeList(
    folder,
    role,
    readList(folder, role).filter(({ key }) => key !== former?.publicKey),
  )
  distribute(folder)
}
