/** Rounded up to 1, 2, 5, 10, 20, 50, ...: a status that changes with every operation would be written for ever. */
export function roundedLag(lag: number): number {
  if (lag <= 0) return 0
  for (let scale = 1; ; scale *= 10) {
    for (const step of [1, 2, 5]) if (lag <= step * scale) return step * scale
  }
}
