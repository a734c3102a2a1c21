import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { RecadoError } from '../../wire/index.ts'
import type { SystemPlan } from './plan.ts'

/** @throws RecadoError `port_in_use` that names all ports in use, and whose they would be */
export async function checkPorts(plan: SystemPlan): Promise<void> {
  const all = plan.processes.flatMap(({ name, ports }) => ports.map((port) => ({ name, port })))
  const free = await Promise.all(all.map(({ port }) => isFree(port)))
  const used = all.filter((_, index) => free[index] === false)
  if (used.length === 0) return
  const ports = used.map(({ name, port }) => `${port} (${name})`).join(', ')
  throw new RecadoError(
    'port_in_use',
    `Cannot listen at 127.0.0.1: in use ${used.length === 1 ? 'is port' : 'are ports'} ${ports}; ` +
      'stop what uses them or choose others with --port-base',
  )
}

/** @throws RecadoError `folder_not_writable` */
export async function checkFolder(folder: string): Promise<void> {
  const probe = join(folder, `.recado-probe-${process.pid}`)
  try {
    await makeFolder(folder)
    await writeFile(probe, '')
    await rm(probe)
  } catch (error) {
    throw new RecadoError(
      'folder_not_writable',
      `Cannot write to ${folder}: ${(error as Error).message}; choose another folder with --data`,
      { cause: error },
    )
  }
}

// Step by step: Node's own recursive making never ends below a folder like /proc.
async function makeFolder(folder: string): Promise<void> {
  if (existsSync(folder)) return
  if (dirname(folder) !== folder) await makeFolder(dirname(folder))
  await mkdir(folder)
}

async function isFree(port: number): Promise<boolean> {
  try {
    await close(await listen(port))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false
    throw new RecadoError('bad_option', `Cannot listen at port ${port}: ${(error as Error).message}`, {
      cause: error,
    })
  }
}

type Listening = ReturnType<typeof createServer>

function listen(port: number): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ port, host: '127.0.0.1' }, () => resolve(server))
  })
}

function close(server: Listening): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
  })
}
