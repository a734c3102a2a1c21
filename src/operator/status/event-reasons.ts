/** Every reason of an Event that the operator records on a MessagingCluster; docs/troubleshooting.md is made of it. */
export const EVENT_REASONS = {
  ImageChanged: 'The pods are to run another image: spec.image changed, or a new operator brought its own',
  ServerReplaced: 'A server’s pod was taken so that it starts anew by the newest template',
  ServerRemoved: 'A server was scaled away: drained, its pod gone, and its volume claim deleted',
  StorageGrows: 'A volume claim was asked to grow',
  StorageNotExpandable: 'A volume claim may not grow; the note has the API server’s words',
  KeysMade: 'The keys of a secured cluster were made',
  UserKeyMade: 'A MessagingUser got a new pair of keys in its Secret; a former one is taken no more',
  KeysRotating: 'The annotation recado.dev/rotate-keys asked for new keys, and their rotation has begun',
  KeysRotated: 'The rotation of keys has ended: no old one is taken any more',
  Degraded: 'The condition Degraded became True or has another reason; the note is its message',
  Recovered: 'The condition Degraded became False',
  Ready: 'The condition Ready became True',
} as const

export type EventReason = keyof typeof EVENT_REASONS
