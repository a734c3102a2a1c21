import { cpus, release, totalmem } from 'node:os'

/** What this machine is, as pages that runs write name it. */
export function machineText(): string {
  const all = cpus()
  const memory = Math.round(totalmem() / 2 ** 30)
  return `${all.length} × ${all[0]?.model.trim() ?? 'unknown'}, ${memory} GiB, Linux ${release()}`
}
