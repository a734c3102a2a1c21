import { expect, it } from 'vitest'
import { startSystem } from '../support/system.ts'

it('startSystem gives a system that is ready, survives the kill of a server and is gone at the end', async () => {
  const system = await startSystem({
    servers: 3,
    clients: 1,
    env: (name) => ({ LOG_LEVEL: name === 'ref' ? 'warn' : 'info' }),
  })
  try {
    await system.ready()
    await system.process('server-2').restart()
    await system.ready()

    expect((await system.http('server-1', '/readyz?verbose')).status).toBe(200)
    expect((await system.http('broker', '/metrics')).text).toContain('recado_build_info{')
    const servers = ['server-1', 'server-2', 'server-3']
    const told = await Promise.all(servers.map((name) => system.http(name, '/metrics')))
    expect(told.filter(({ text }) => text.includes('\nrecado_server_coordinator 1\n'))).toHaveLength(1)
    expect(told.map(({ text }) => Number(/^recado_disk_free_bytes (.+)$/m.exec(text)?.[1]))).toEqual(
      servers.map(() => expect.toSatisfy((free: number) => free > 0)),
    )
    expect(system.log('ref')).not.toContain('"level":"info"')
  } finally {
    await system.stop()
  }

  expect(system.processes.map(({ pid }) => pid).filter((pid) => pid !== undefined)).toEqual([])
}, 60_000)
