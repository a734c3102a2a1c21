import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs'
import { RecadoError } from '../wire/index.ts'
import { type FolderLock, lockFolder } from './folder-lock.ts'

const OWNER_FILE = 'owner.json'
/** What statfs tells of file systems on which neither locks nor memory maps can be trusted. */
const NETWORK_FILE_SYSTEMS = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x65735546, 'FUSE'],
  [0x01021997, '9P'],
  [0x00c36400, 'Ceph'],
  [0x5346414f, 'AFS'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
])

export interface FolderOptions {
  readonly cluster: string
  readonly name: string
  readonly allowNetworkFs?: boolean
}

/**
 * Makes the folder if it is missing, and takes it for this process, until that releases it or ends.
 * @throws RecadoError `folder_not_writable`, `network_filesystem`, `folder_in_use`, `wrong_owner`
 */
export async function prepareFolder(folder: string, options: FolderOptions): Promise<FolderLock> {
  makeWritable(folder)
  if (options.allowNetworkFs !== true) refuseNetwork(folder)
  const lock = await lockFolder(folder)
  try {
    checkOwner(folder, options)
  } catch (error) {
    await lock.release()
    throw error
  }
  return lock
}

/** Makes the folder if it is missing. @throws RecadoError `folder_not_writable` */
export function makeWritable(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true })
    accessSync(folder, constants.W_OK)
    // Root may do everything, and still not write to a file system that is mounted for reading.
    const probe = `${folder}/.probe-${process.pid}`
    writeFileSync(probe, '')
    rmSync(probe)
  } catch (cause) {
    throw new RecadoError(
      'folder_not_writable',
      `Cannot write to the data folder ${folder} (${String((cause as { code?: unknown }).code)}); choose another, or change its owner`,
      { cause },
    )
  }
}

function refuseNetwork(folder: string): void {
  const kind = NETWORK_FILE_SYSTEMS.get(statfsSync(folder).type)
  if (kind === undefined) return
  throw new RecadoError(
    'network_filesystem',
    `The data folder ${folder} is on ${kind}, where a store may be damaged; choose a local disk, or set ALLOW_NETWORK_FS=true to insist`,
  )
}

function checkOwner(folder: string, { cluster, name }: FolderOptions): void {
  const path = `${folder}/${OWNER_FILE}`
  if (!existsSync(path)) {
    writeFileSync(path, `${JSON.stringify({ cluster, name })}\n`, { flush: true })
    return
  }
  const owner = readFileSync(path, 'utf8')
  if (owner === `${JSON.stringify({ cluster, name })}\n`) return
  throw new RecadoError(
    'wrong_owner',
    `The data folder ${folder} belongs to ${owner.trim()}, not to ${name} of ${cluster}; choose another folder`,
  )
}
