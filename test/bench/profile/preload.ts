import { renameSync, writeFileSync } from 'node:fs'
import { type Profiler, Session } from 'node:inspector'

// Loaded before a process's own code when it is to be profiled: SIGUSR2 begins a profile of the main thread, the next
// one ends it and writes it. So a profile holds what was measured, not how the process started.

const INTERVAL_US = 200
const path = process.env['BENCH_PROFILE'] as string
let session: Session | undefined

process.on('SIGUSR2', () => {
  if (session === undefined) begin()
  else end(session)
})

function begin(): void {
  session = new Session()
  session.connect()
  session.post('Profiler.enable')
  session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US })
  session.post('Profiler.start')
}

function end(running: Session): void {
  running.post('Profiler.stop', (error, { profile }: Profiler.StopReturnType) => {
    if (error !== null) throw error
    // Who waits for it must not find half of it.
    writeFileSync(`${path}.part`, JSON.stringify(profile))
    renameSync(`${path}.part`, path)
  })
  running.disconnect()
  session = undefined
}
