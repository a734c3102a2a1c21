import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The files of the project as these tests see them: text, by path from the root with `/`. */
export interface SourceFile {
  readonly path: string
  readonly text: string
}

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

const NOT_OURS = new Set(['node_modules', '.git', 'dist', 'data', 'coverage', 'vendor', '.venv'])

/** Every file below `folder` (of the root) whose name ends in one of `endings`, sorted by path. */
export function filesOf(folder: string, endings: readonly string[]): SourceFile[] {
  return walk(join(ROOT, folder))
    .filter((path) => endings.some((ending) => path.endsWith(ending)))
    .map((path) => ({ path: relative(ROOT, path).split(sep).join('/'), text: readFileSync(path, 'utf8') }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return NOT_OURS.has(entry.name) ? [] : walk(path)
    return entry.isFile() ? [path] : []
  })
}
