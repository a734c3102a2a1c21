import { expect, it } from 'vitest'
import { until } from '../support/load.ts'
import { startSystem } from '../support/system.ts'

it('a server says why the ref of another cluster refuses it', async () => {
  const env = (name: string): Record<string, string> => (name === 'ref' ? { CLUSTER: 'other/recado' } : {})
  const system = await startSystem({ servers: 1, env })
  try {
    await until(30_000, async () => {
      // It may not listen yet.
      const { text } = await system.http('server-1', '/readyz').catch(() => ({ text: 'No answer' }))
      return text.includes('This ref serves another cluster; check REF and CLUSTER') || text
    })
    const told = (): string[] =>
      system
        .log('server-1')
        .split('\n')
        .filter((line) => line.includes('Ref refuses this server'))
    await until(10_000, () => told().length > 0)
    expect(told()).toHaveLength(1)
  } finally {
    await system.stop()
  }
}, 60_000)
