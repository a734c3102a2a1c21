/**
 * Asks the package registry which vulnerabilities it knows of the production packages: node hack/audit.js
 * Ends with 1 when it knows any, or cannot be asked. One that keeps no such list, as some mirrors, is told as such; nothing
 * is called clean then.
 */
import { spawnSync } from 'node:child_process'

const audit = spawnSync('npm', ['audit', '--omit=dev', '--json'], {
  encoding: 'utf8',
  maxBuffer: 64 * 1024 * 1024,
})
if (audit.error) throw new Error(`Cannot run npm: ${audit.error.message}`)
const report = readReport(audit.stdout)
const known = Object.entries(report?.vulnerabilities ?? {})
for (const [name, { severity, via }] of known) {
  const causes = via.map((cause) =>
    typeof cause === 'string' ? `by ${cause}` : `${cause.title} ${cause.url}`,
  )
  console.error(`${name}: ${severity}: ${causes.join('; ')}`)
}
if (report?.metadata?.vulnerabilities?.total === 0) {
  console.log(`No known vulnerability in ${report.metadata.dependencies.prod} production packages`)
} else if (report?.statusCode >= 400 && report.statusCode < 500) {
  console.log(
    `Not checked for known vulnerabilities: this registry keeps no list of them (${report.statusCode})`,
  )
} else {
  if (known.length === 0) console.error(`npm audit failed: ${report?.message ?? audit.stderr.trim()}`)
  process.exitCode = 1
}

function readReport(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
