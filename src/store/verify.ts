/** The files that servers must hold alike. */
export const PROJECTED_FILES = ['publications.jsonl', 'messages.jsonl', 'registry.json'] as const

export interface Difference {
  readonly file: string
  /** Counted from 1. */
  readonly line: number
  readonly lines: readonly (string | undefined)[]
}

/** The first line in which files of several servers differ; undefined when they are the same bytes. */
export function firstDifference(file: string, contents: readonly Uint8Array[]): Difference | undefined {
  const [first, ...others] = contents
  if (first === undefined || others.every((other) => Buffer.compare(first, other) === 0)) return undefined
  const split = contents.map((content) => Buffer.from(content).toString().split('\n'))
  const longest = Math.max(...split.map((lines) => lines.length))
  for (let at = 0; at < longest; at++) {
    const lines = split.map((each) => each[at])
    if (lines.some((line) => line !== lines[0])) return { file, line: at + 1, lines }
  }
  return undefined
}
