import { createHash } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { filesOf, ROOT } from '../../tidy/tree.ts'
import { run } from './command.ts'
import { Machine } from './machine.ts'

const REPOSITORY = 'docker.io/library/recado'
const BUILD_MS = 10 * 60_000
/** What the image is made of, beside `src`. */
const SOURCES = [
  'Dockerfile',
  '.dockerignore',
  'hack/image-root.sh',
  'hack/libraries.ts',
  'hack/sbom.ts',
  '.npmrc',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
]

export interface Image {
  readonly repository: string
  readonly tag: string
}

export function nameOf({ repository, tag }: Image): string {
  return `${repository}:${tag}`
}

/** The image that was named (`repository:tag`); the cluster must have it already or be able to pull it. */
export function givenImage(name: string): Image {
  const colon = name.lastIndexOf(':')
  return { repository: name.slice(0, colon), tag: name.slice(colon + 1) }
}

/** Builds the image of these sources, under two tags, and gives it to every node; what is there already is not made again. */
export async function provideImages(machine: Machine): Promise<{ image: Image; other: Image }> {
  const mark = markOf()
  const [image, other] = ['', '-b'].map((end) => ({ repository: REPOSITORY, tag: `e2e-${mark}${end}` })) as [
    Image,
    Image,
  ]
  const missing = []
  for (const each of [image, other]) if (!(await machine.has(nameOf(each)))) missing.push(each)
  if (missing.length > 0) await give(machine, missing)
  return { image, other }
}

/** Builds the image of these sources; its name in buildah's storage. */
export async function buildImage(): Promise<string> {
  await Machine.makeBaseImage()
  const mark = markOf()
  const local = `recado:e2e-${mark}`
  const options = ['--quiet', '--isolation', 'chroot', '--layers', '--build-arg', `REVISION=${mark}`]
  await run('buildah', ['build', ...options, '-t', local, '.'], { folder: ROOT, timeoutMs: BUILD_MS })
  return local
}

async function give(machine: Machine, images: readonly Image[]): Promise<void> {
  const local = await buildImage()
  for (const image of images) {
    const archive = join(tmpdir(), `${image.tag}.tar`)
    rmSync(archive, { force: true })
    try {
      await run('buildah', ['push', '--quiet', local, `docker-archive:${archive}:${nameOf(image)}`], {
        timeoutMs: BUILD_MS,
      })
      await machine.load(archive)
    } finally {
      rmSync(archive, { force: true })
    }
  }
}

/** The same for the same sources. */
function markOf(): string {
  const hash = createHash('sha256')
  for (const { path, text } of filesOf('src', [''])) hash.update(`${path}\0${text}\0`)
  for (const path of SOURCES) hash.update(readFileSync(join(ROOT, path)))
  return hash.digest('hex').slice(0, 12)
}
