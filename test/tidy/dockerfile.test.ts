import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT } from './tree.ts'

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const dockerfile = read('Dockerfile').replaceAll(/ *\\\n */g, ' ')
const stages = [
  ...dockerfile.matchAll(/^FROM (?:--platform=(\S+) )?(\S+)(?: AS (\S+))?\n([^]*?)(?=^FROM |$(?![^]))/gm),
].map(([, platform, base = '', name = '', steps = '']) => ({ platform, base, name, steps }))

/** What a stage's base, or that one's, says of its platform. */
function platformOf({ platform, base }: (typeof stages)[number]): string | undefined {
  const parent = stages.find(({ name }) => name === base)
  return platform ?? (parent && platformOf(parent))
}

describe('the Dockerfile', () => {
  it('runs nothing but what is for the machine that builds', () => {
    const running = stages.filter(({ steps }) => /^RUN /m.test(steps))

    expect(running.map(({ name }) => name)).toEqual(['packages', 'build', 'production'])
    expect(new Set(running.map(platformOf))).toEqual(new Set([`\${BUILDPLATFORM:-$OWN_PLATFORM}`]))
  })

  it('needs no BuildKit', () => {
    expect(dockerfile).not.toMatch(
      /^# *syntax=|^(?:RUN|COPY|ADD) (?:--\S+ )*--(?:mount|link|chmod|parents)|<</m,
    )
  })

  it('copies only what .dockerignore lets in', () => {
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, from = '']) =>
      from.split(' '),
    )
    const allowed = [...read('.dockerignore').matchAll(/^!(.*)$/gm)].map(([, path = '']) => path)

    expect([...new Set(copied)].toSorted()).toEqual(allowed.toSorted())
  })
})

describe('hack/image.sh', () => {
  it('pushes images for the processors that hack/image-root.sh knows', () => {
    const pushed = /--platform (\S+)/.exec(read('hack/image.sh'))?.[1]?.split(',')
    const known = [...read('hack/image-root.sh').matchAll(/^ {2}(\w+)\) processor=/gm)].map(
      ([, name]) => name,
    )

    expect(pushed).toEqual(known.map((name) => `linux/${name}`))
  })
})
