/** What a run came to, for who called it. */
export function show(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** How far a run is. */
export function tell(progress: string): void {
  process.stderr.write(`${progress}\n`)
}
