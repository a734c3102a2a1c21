import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { ROLE_ENVIRONMENT, ROLE_OPTIONS } from '../../src/cli/launcher/index.ts'

const dockerfile = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8')

it('The image runs roles with the options of Node that the launcher gives them', () => {
  const line = dockerfile.split('\n').find((each) => each.startsWith('ENTRYPOINT '))
  const entrypoint = JSON.parse(line?.slice('ENTRYPOINT '.length) ?? '[]') as string[]
  expect(entrypoint).toEqual(['node', '--enable-source-maps', ...ROLE_OPTIONS, 'dist/main.js'])
})

it('The image gives roles the environment that the launcher gives them', () => {
  const line = dockerfile.split('\n').find((each) => each.startsWith('ENV '))
  const environment = Object.fromEntries((line ?? '').split(' ').map((each) => each.split('=')))
  expect(environment).toMatchObject(ROLE_ENVIRONMENT)
})
