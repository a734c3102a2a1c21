import { createHash } from 'node:crypto'
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { RecadoError } from '../wire/index.ts'

const OWNER_FILE = 'owner.json'
/** What a path of a Unix socket may have. */
const SOCKET_PATH_MAX = 100
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

/** A data folder that this process alone uses until it releases it, or ends. */
export interface Folder {
  release(): Promise<void>
}

/**
 * Makes the folder if it is missing, and takes it for this process.
 * @throws RecadoError `folder_not_writable`, `network_filesystem`, `folder_in_use`, `wrong_owner`
 */
export async function prepareFolder(folder: string, options: FolderOptions): Promise<Folder> {
  makeWritable(folder)
  if (options.allowNetworkFs !== true) refuseNetwork(folder)
  const lock = await take(folder)
  try {
    checkOwner(folder, options)
  } catch (error) {
    lock.close()
    throw error
  }
  return {
    release: () => new Promise((resolve) => lock.close(() => resolve())),
  }
}

function makeWritable(folder: string): void {
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

/**
 * A lock that ends with its process: a Unix socket in the folder, which answers as long as its process lives. It holds
 * between containers of one machine too, for it is found by its place in the file system.
 */
async function take(folder: string): Promise<Server> {
  const path = socketPath(folder)
  if (existsSync(path)) {
    if (await answers(path)) {
      throw new RecadoError(
        'folder_in_use',
        `Another process uses the data folder ${folder}; end it, or choose another folder`,
      )
    }
    rmSync(path, { force: true })
  }
  return listen(path, folder)
}

function socketPath(folder: string): string {
  const real = realpathSync(folder)
  const path = `${real}/lock.sock`
  if (Buffer.byteLength(path) <= SOCKET_PATH_MAX) return path
  return `${tmpdir()}/recado-${createHash('sha256').update(real).digest('hex').slice(0, 16)}.sock`
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

function listen(path: string, folder: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.unref()
    server.once('error', (cause) => {
      const code =
        (cause as { code?: unknown }).code === 'EADDRINUSE' ? 'folder_in_use' : 'folder_not_writable'
      reject(new RecadoError(code, `Cannot take the data folder ${folder} for this process`, { cause }))
    })
    server.listen(path, () => resolve(server))
  })
}
