import type { Group } from '../scenario.ts'
import { freeze, kill, lasting, start, wake } from '../steps.ts'

export const freezes: Group = {
  title: 'Frozen with SIGSTOP, and woken with SIGCONT',
  needs: [],
  scenarios: [
    {
      name: 'the coordinator stands still until it is taken for dead',
      steps: [freeze('server-1'), lasting(5), wake('server-1')],
      oneServer: true,
    },
    {
      name: 'another server stands still until it is taken for dead',
      steps: [freeze('server-2'), lasting(5), wake('server-2')],
      oneServer: true,
      short: true,
    },
    {
      name: 'a server stands still, not long enough to be taken for dead',
      steps: [freeze('server-3'), lasting(1), wake('server-3')],
      oneServer: true,
    },
    {
      name: 'a server stands still again and again',
      steps: Array.from({ length: 4 }, () => [
        freeze('server-2'),
        lasting(2),
        wake('server-2'),
        lasting(1),
      ]).flat(),
      oneServer: true,
    },
    { name: 'the broker stands still', steps: [freeze('broker'), lasting(4), wake('broker')] },
    { name: 'the proxy stands still', steps: [freeze('proxy'), lasting(5), wake('proxy')] },
    { name: 'ref stands still', steps: [freeze('ref'), lasting(5), wake('ref')] },
    {
      name: 'two servers stand still',
      steps: [freeze('server-1', 'server-3'), lasting(5), wake('server-1', 'server-3')],
    },
    {
      name: 'a server and the broker stand still',
      steps: [freeze('server-1', 'broker'), lasting(4), wake('server-1', 'broker')],
    },
    {
      name: 'a server and the proxy stand still',
      steps: [freeze('server-3', 'proxy'), lasting(5), wake('server-3', 'proxy')],
    },
    {
      name: 'a server and ref stand still',
      steps: [freeze('server-1', 'ref'), lasting(5), wake('server-1', 'ref')],
    },
    {
      name: 'broker and proxy stand still',
      steps: [freeze('broker', 'proxy'), lasting(4), wake('broker', 'proxy')],
    },
    {
      name: 'broker and ref stand still',
      steps: [freeze('broker', 'ref'), lasting(4), wake('broker', 'ref')],
    },
    {
      name: 'proxy and ref stand still',
      steps: [freeze('proxy', 'ref'), lasting(5), wake('proxy', 'ref')],
    },
    {
      name: 'all servers stand still, and wake one after the other',
      steps: [
        freeze('server-1', 'server-2', 'server-3'),
        lasting(5),
        wake('server-3'),
        lasting(1),
        wake('server-2'),
        lasting(1),
        wake('server-1'),
      ],
    },
    {
      name: 'one server stands still while another is killed',
      steps: [
        freeze('server-1'),
        kill('server-2'),
        lasting(5),
        start('server-2'),
        lasting(2),
        wake('server-1'),
      ],
    },
  ],
}
