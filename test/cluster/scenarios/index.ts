import type { Group } from '../scenario.ts'
import { api } from './api.ts'
import { changes } from './changes.ts'
import { definition } from './definition.ts'
import { deletions } from './deletions.ts'
import { installing } from './installing.ts'
import { many } from './many.ts'
import { monitoring } from './monitoring.ts'
import { nodes } from './nodes.ts'
import { operators } from './operators.ts'
import { quiet } from './quiet.ts'
import { removing } from './removing.ts'
import { resource } from './resource.ts'
import { scaling } from './scaling.ts'
import { security } from './security.ts'

/** All that is done on Kubernetes, in the order of docs/kubernetes-reliability.md: the last removes what the first installed. */
export const GROUPS: readonly Group[] = [
  installing,
  deletions,
  nodes,
  scaling,
  changes,
  security,
  operators,
  quiet,
  resource,
  api,
  definition,
  monitoring,
  many,
  removing,
]
