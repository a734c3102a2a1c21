import type { Refusal } from './refusals.ts'

const GOOD_SPEC = { cluster: 'chat' }

/** MessagingUsers that the API server itself must refuse: each rule of the schema at least once. */
export const USER_REFUSALS: readonly Refusal[] = [
  {
    what: 'a user with too long a name',
    name: 'a'.repeat(41),
    spec: GOOD_SPEC,
    says: ['metadata.name has at most 40 characters'],
  },
  {
    what: 'a user whose name has a dot',
    name: 'ana.b',
    spec: GOOD_SPEC,
    says: ['metadata.name is a DNS label'],
  },
  {
    what: 'a user with the name of the cluster’s own clients',
    name: 'local',
    spec: GOOD_SPEC,
    says: ['metadata.name is neither local'],
  },
  {
    what: 'a user with a name of the system’s',
    name: 'recado-check',
    spec: GOOD_SPEC,
    says: ['metadata.name is neither local nor begins with recado-'],
  },
  {
    what: 'a user whose Secret would be that of a cluster',
    name: 'keys',
    spec: GOOD_SPEC,
    says: ['metadata.name does not end with keys'],
  },
  {
    what: 'a user whose Secret would be that of a component',
    name: 'server-keys',
    spec: GOOD_SPEC,
    says: ['metadata.name does not end with keys'],
  },
  { what: 'a user who says nothing', spec: undefined, says: ['spec', 'Required'] },
  { what: 'a user of no cluster', spec: {}, says: ['spec.cluster', 'Required'] },
  { what: 'a user of a cluster without a name', spec: { cluster: '' }, says: ['spec.cluster'] },
  { what: 'a user of a cluster that cannot be', spec: { cluster: 'My.Cluster' }, says: ['spec.cluster'] },
  {
    what: 'a user of a cluster with too long a name',
    spec: { cluster: 'c'.repeat(41) },
    says: ['spec.cluster', '40'],
  },
  {
    what: 'a user in a channel that cannot be',
    spec: { ...GOOD_SPEC, channels: ['a b'] },
    says: ['spec.channels[0]'],
  },
  {
    what: 'a user in a channel twice',
    spec: { ...GOOD_SPEC, channels: ['a', 'a'] },
    says: ['spec.channels', 'every channel is named once'],
  },
  {
    what: 'a user in too many channels',
    spec: { ...GOOD_SPEC, channels: Array.from({ length: 65 }, (_, index) => `c${index}`) },
    says: ['spec.channels', '64'],
  },
  {
    what: 'a user with a field that does not exist',
    spec: { ...GOOD_SPEC, secret: 'x' },
    says: ['unknown field', 'spec.secret'],
  },
]

/** Refused as a change of a user that is there. */
export const REFUSED_USER_CHANGES: readonly (Refusal & { readonly from: unknown })[] = [
  {
    what: 'a user of another cluster',
    from: GOOD_SPEC,
    spec: { cluster: 'other' },
    says: ['spec.cluster', 'cluster cannot change'],
  },
]

/** Taken. */
export const GOOD_USERS: readonly { readonly name: string; readonly spec: unknown }[] = [
  { name: 'ana', spec: GOOD_SPEC },
  { name: '7', spec: GOOD_SPEC },
  { name: 'a'.repeat(40), spec: { cluster: 'c'.repeat(40) } },
  { name: 'keys-of-ana', spec: GOOD_SPEC },
  { name: 'member', spec: { ...GOOD_SPEC, channels: ['plans', 'Garden_2'] } },
]
