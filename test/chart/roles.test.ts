import { expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { OPTIONAL, WATCHED } from '../../src/operator/watched.ts'
import { childrenOf } from '../operator/support/rendering.ts'
import { find, succeed } from './tools.ts'

interface Role {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly rules: readonly {
    readonly apiGroups: readonly string[]
    readonly resources: readonly string[]
    readonly verbs: readonly string[]
  }[]
}

it('the operator may list and watch what it watches and nothing else, and of no kind do all', (context) => {
  const args = ['template', 'recado', 'charts/recado', '--show-only', 'templates/rbac.yaml']
  const objects = parseAllDocuments(succeed(find('helm'), context, args)).map((each) => each.toJS() as Role)
  const rules = objects.find(({ kind }) => kind === 'ClusterRole')?.rules ?? []
  const readable = rules
    .filter(({ verbs }) => verbs.includes('list') && verbs.includes('watch'))
    .flatMap(({ apiGroups, resources }) => resources.map((plural) => `${apiGroups[0]}/${plural}`))
  const watched = [...WATCHED, ...OPTIONAL].map(({ kind: { apiVersion, plural } }) =>
    [apiVersion.includes('/') ? apiVersion.split('/')[0] : '', plural].join('/'),
  )

  expect(readable.toSorted()).toEqual(watched.toSorted())
  // An eviction looks at the pod first (see HttpKubeApi), and who makes a child whether somebody else has one of its name.
  const gotten = rules.filter(({ verbs }) => verbs.includes('get')).flatMap(({ resources }) => resources)
  const made = childrenOf({}, { serves: () => true }).map(({ kind: { plural } }) => plural)
  expect(gotten).toEqual(expect.arrayContaining(['pods', ...made]))
  expect(rules.flatMap(({ verbs }) => verbs)).not.toContain('*')
})
