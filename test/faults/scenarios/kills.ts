import type { Group } from '../scenario.ts'
import { kill, lasting, ready, start, stop } from '../steps.ts'

export const kills: Group = {
  title: 'Killed with SIGKILL, and started again',
  needs: [],
  scenarios: [
    {
      name: 'the coordinator is killed',
      steps: [kill('server-1'), lasting(4), start('server-1')],
      oneServer: true,
      short: true,
    },
    {
      name: 'another server is killed',
      steps: [kill('server-2'), lasting(4), start('server-2')],
      oneServer: true,
    },
    {
      name: 'a server is killed and started at once',
      steps: [kill('server-3'), start('server-3')],
      oneServer: true,
    },
    {
      name: 'a server is stopped in order',
      steps: [stop('server-2'), lasting(4), start('server-2')],
      oneServer: true,
    },
    {
      name: 'each server is killed in its turn',
      steps: ['server-1', 'server-2', 'server-3'].flatMap((name) => [
        kill(name),
        lasting(1),
        start(name),
        ready(name),
      ]),
      oneServer: true,
    },
    { name: 'the broker is killed', steps: [kill('broker'), lasting(2), start('broker')] },
    { name: 'the proxy is killed', steps: [kill('proxy'), lasting(4), start('proxy')] },
    { name: 'ref is killed', steps: [kill('ref'), lasting(4), start('ref')] },
    {
      name: 'two servers are killed',
      steps: [kill('server-1', 'server-2'), lasting(4), start('server-1', 'server-2')],
    },
    {
      name: 'a second server is killed while the first is away',
      steps: [
        kill('server-1'),
        lasting(2),
        kill('server-3'),
        lasting(2),
        start('server-1'),
        lasting(2),
        start('server-3'),
      ],
    },
    {
      name: 'a server and the broker are killed',
      steps: [kill('server-2', 'broker'), lasting(2), start('server-2', 'broker')],
    },
    {
      name: 'a server and the proxy are killed',
      steps: [kill('server-2', 'proxy'), lasting(4), start('server-2', 'proxy')],
    },
    {
      name: 'a server and ref are killed',
      steps: [kill('server-1', 'ref'), lasting(4), start('server-1', 'ref')],
    },
    {
      name: 'broker and proxy are killed',
      steps: [kill('broker', 'proxy'), lasting(2), start('broker', 'proxy')],
    },
    {
      name: 'broker and ref are killed',
      steps: [kill('broker', 'ref'), lasting(2), start('broker', 'ref')],
    },
    {
      name: 'proxy and ref are killed',
      steps: [kill('proxy', 'ref'), lasting(4), start('proxy', 'ref')],
    },
    {
      name: 'all servers are killed at once',
      steps: [
        kill('server-1', 'server-2', 'server-3'),
        lasting(1),
        start('server-1', 'server-2', 'server-3'),
      ],
    },
    {
      name: 'all is killed at once',
      steps: [
        kill('ref', 'broker', 'proxy', 'server-1', 'server-2', 'server-3'),
        lasting(1),
        start('ref', 'broker', 'proxy', 'server-1', 'server-2', 'server-3'),
      ],
      shortSecured: true,
    },
  ],
}
