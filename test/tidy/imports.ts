import { posix } from 'node:path'
import type { SourceFile } from './tree.ts'

// The formatter keeps imports and re-exports at the start of a line, so patterns are exact enough and need no parser.
const STATIC = /^import\s+(?:[^'"`;]+?\s+from\s+)?'([^']+)'/gm
const REEXPORT = /^export\s+(?:type\s+)?(?:\*(?:\s+as\s+\w+)?|\{[^}]*\})\s+from\s+'([^']+)'/gm
const DYNAMIC = /\bimport\(\s*'([^']+)'/g

/** What a module names in its imports, types and dynamic ones included: packages as they are, files as paths from the root. */
export function importsOf({ path, text }: SourceFile): string[] {
  return [STATIC, REEXPORT, DYNAMIC]
    .flatMap((pattern) => [...text.matchAll(pattern)])
    .map(([, name = '']) => (name.startsWith('.') ? posix.join(posix.dirname(path), name) : name))
}

/** The part of the system that a file of `src` belongs to: its first folder, or its own name (`main`). */
export function partOf(path: string): string {
  const [, first = ''] = path.split('/')
  return first.replace(/\.ts$/, '')
}

/** A module's text with comments and the contents of plain strings blanked, so that only code is left to search. */
export function codeOf({ text }: SourceFile): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/.*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g, (match) =>
    match.replace(/[^\n]/g, ' '),
  )
}
