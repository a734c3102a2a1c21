import { checkPorts, planSystem, portsFrom } from '../../src/cli/launcher/index.ts'

/** A base whose ports are all free now, for a system of three servers and two clients. */
export async function freeBase(): Promise<number> {
  for (let base = 20_000 + (process.pid % 1000) * 20; ; base = 20_000 + ((base + 20) % 20_000)) {
    const ports = portsFrom(base, 3, 2)
    try {
      await checkPorts(planSystem({ servers: 3, clients: 2, folder: '', ports }))
      return base
    } catch {
      // Someone else's; the next ones.
    }
  }
}
