import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Kubernetes } from './kubernetes.ts'

const FOLLOW_MS = 2000

/** The files of a Secret, by name. @throws Error when there is no such Secret */
export async function readSecret(
  kubernetes: Kubernetes,
  namespace: string,
  name: string,
): Promise<Readonly<Record<string, string>>> {
  const { data = {} } = JSON.parse(
    await kubernetes.raw(`/api/v1/namespaces/${namespace}/secrets/${name}`),
  ) as {
    data?: Readonly<Record<string, string>>
  }
  return Object.fromEntries(
    Object.entries(data).map(([file, text]) => [file, Buffer.from(text, 'base64').toString()]),
  )
}

/** A Secret as a pod that mounts it has it: files in a folder, which change with it. What is gone stays as it was. */
export class SecretFolder {
  readonly path: string
  readonly #timer: NodeJS.Timeout

  private constructor(path: string, follow: () => Promise<void>) {
    this.path = path
    this.#timer = setInterval(() => void follow().catch(() => {}), FOLLOW_MS)
  }

  /** @throws Error when there is no such Secret */
  static async open(kubernetes: Kubernetes, namespace: string, name: string): Promise<SecretFolder> {
    const files = await readSecret(kubernetes, namespace, name)
    const path = mkdtempSync(join(tmpdir(), 'recado-secret-'))
    writeFiles(path, files)
    return new SecretFolder(path, async () => {
      const now = await readSecret(kubernetes, namespace, name)
      writeFiles(path, now)
      for (const file of readdirSync(path)) if (!(file in now)) rmSync(join(path, file), { force: true })
    })
  }

  close(): void {
    clearInterval(this.#timer)
    rmSync(this.path, { recursive: true, force: true })
  }
}

/** Each file is the old one or the new one, never half of one. */
export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name)
    mkdirSync(dirname(path), { recursive: true })
    const next = `${path}.next`
    writeFileSync(next, text, { mode: 0o600 })
    renameSync(next, path)
  }
}
