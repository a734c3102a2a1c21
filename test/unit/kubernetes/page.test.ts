import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { clusterAlerts, operatorAlerts } from '../../../src/operator/resources/rules.ts'
import { ROOT } from '../../tidy/tree.ts'

it('docs/kubernetes.md has a row for every alert, in their order', () => {
  const page = readFileSync(join(ROOT, 'docs/kubernetes.md'), 'utf8')
  const rows = [...page.matchAll(/^\| `(Recado\w+)` \|/gm)].map(([, name]) => name)
  const groups = [clusterAlerts('shop', 'orders'), operatorAlerts('recado', 'recado-operator')]

  expect(rows).toEqual(groups.flatMap(({ alerts }) => alerts.map(({ alert }) => alert)))
})
