import type { Group } from '../scenario.ts'
import {
  cut,
  cutOff,
  cutOneWay,
  deafen,
  heal,
  kill,
  lasting,
  lose,
  mute,
  slow,
  start,
  unready,
} from '../steps.ts'

const setting = { network: true }

export const cuts: Group = {
  title: 'Networks cut, each process in a network namespace of its own',
  needs: ['network'],
  scenarios: [
    {
      name: 'a server is cut off from all',
      steps: [cutOff('server-1'), unready('server-1'), lasting(4), heal],
      setting,
      oneServer: true,
      short: true,
    },
    {
      name: 'a server is cut off for a short time',
      steps: [cutOff('server-2'), lasting(1), heal],
      setting,
      oneServer: true,
    },
    {
      name: 'a server is cut off for a long time',
      steps: [cutOff('server-3'), lasting(20), heal],
      setting,
      oneServer: true,
    },
    {
      name: 'a server hears all and is heard by none',
      steps: [mute('server-2'), lasting(6), heal],
      setting,
      oneServer: true,
    },
    {
      name: 'a server is heard by all and hears none',
      steps: [deafen('server-2'), unready('server-2'), lasting(4), heal],
      setting,
      oneServer: true,
    },
    {
      name: 'two servers cannot reach each other, and all else can',
      steps: [cut('server-1', 'server-2'), lasting(8), heal],
      setting,
    },
    {
      name: 'one server cannot be heard by one other',
      steps: [cutOneWay('server-1', 'server-3'), lasting(8), heal],
      setting,
    },
    {
      name: 'no server reaches another, and the broker reaches all',
      steps: [
        cut('server-1', 'server-2'),
        cut('server-2', 'server-3'),
        cut('server-1', 'server-3'),
        lasting(6),
        heal,
      ],
      setting,
    },
    {
      name: 'no server reaches another, nor the proxy',
      steps: [
        cut('server-1', 'server-2'),
        cut('server-2', 'server-3'),
        cut('server-1', 'server-3'),
        ...['server-1', 'server-2', 'server-3'].map((name) => cut(name, 'proxy')),
        lasting(6),
        heal,
      ],
      setting,
    },
    {
      name: 'two servers are cut off from all',
      steps: [cutOff('server-1'), cutOff('server-2'), lasting(6), heal],
      setting,
    },
    {
      name: 'a server is cut off from the broker alone',
      steps: [cut('server-1', 'broker'), lasting(6), heal],
      setting,
      oneServer: true,
    },
    {
      name: 'a server’s answers to the broker are lost',
      steps: [cutOneWay('server-1', 'broker'), lasting(6), heal],
      setting,
      oneServer: true,
    },
    {
      name: 'a server is cut off from the proxy alone',
      steps: [cut('server-1', 'proxy'), lasting(6), heal],
      setting,
      oneServer: true,
    },
    { name: 'the proxy is cut off from all servers', steps: [cutOff('proxy'), lasting(6), heal], setting },
    { name: 'ref is cut off', steps: [cutOff('ref'), lasting(6), heal], setting },
    {
      name: 'the broker is cut off from all servers',
      steps: [cutOff('broker'), lasting(4), heal],
      setting,
    },
    {
      name: 'the cut moves from server to server',
      steps: ['server-1', 'server-2', 'server-3'].flatMap((name) => [
        cutOff(name),
        lasting(4),
        heal,
        lasting(1),
      ]),
      setting,
      oneServer: true,
    },
    {
      name: 'a server is killed while another is cut off',
      steps: [
        cutOff('server-1'),
        lasting(2),
        kill('server-2'),
        lasting(2),
        start('server-2'),
        lasting(2),
        heal,
      ],
      setting,
    },
    { name: 'a server’s way out is slow', steps: [slow('server-1'), lasting(8), heal], setting },
    { name: 'a server’s way in loses packets', steps: [lose('server-2'), lasting(8), heal], setting },
    {
      name: 'every server’s way in loses packets',
      steps: [lose('server-1'), lose('server-2'), lose('server-3'), lasting(8), heal],
      setting,
    },
  ],
}
