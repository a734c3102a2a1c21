import type { Group, Scenario, Step } from '../scenario.ts'
import {
  blank,
  empty,
  fill,
  flip,
  keepCopy,
  kill,
  lasting,
  makeRoom,
  putCopyBack,
  ready,
  remove,
  start,
  stop,
  tear,
  unready,
} from '../steps.ts'

/** Done to the folder of server-2 while it is killed, as after a crash. */
function damaged(name: string, ...damage: readonly Step[]): Scenario {
  return { name, steps: [kill('server-2'), lasting(1), ...damage, start('server-2')], oneServer: true }
}

export const disks: Group = {
  title: 'Data folders emptied, put back, damaged',
  needs: [],
  scenarios: [
    { ...damaged('a folder is emptied', empty('server-2')), short: true },
    {
      name: 'an old copy of a folder is put back',
      steps: [
        stop('server-3'),
        keepCopy('server-3'),
        start('server-3'),
        lasting(6),
        kill('server-3'),
        putCopyBack('server-3'),
        lasting(2),
        start('server-3'),
      ],
      oneServer: true,
    },
    {
      name: 'every folder in its turn is emptied',
      steps: ['server-1', 'server-2', 'server-3'].flatMap((name) => [
        kill(name),
        empty(name),
        start(name),
        ready(name),
        lasting(1),
      ]),
      oneServer: true,
    },
    damaged('the store’s tail is torn off', tear('server-2', 'store', 37)),
    {
      ...damaged('a large part of the store’s tail is torn off', tear('server-2', 'store', 100_000)),
      short: true,
    },
    damaged('a bit of the store is flipped', flip('server-2', 'store', 1)),
    damaged('many bits of the store are flipped', flip('server-2', 'store', 200)),
    damaged('the store’s pages are zeros, but for the first', blank('server-2', 'store', 8192)),
    damaged('the store is removed, and the journal stays', remove('server-2', 'store')),
    damaged('the journal’s tail is torn off', tear('server-2', 'journal', 37)),
    damaged('a large part of the journal’s tail is torn off', tear('server-2', 'journal', 100_000)),
    damaged('a bit of the journal is flipped', flip('server-2', 'journal', 1)),
    damaged('many bits of the journal are flipped', flip('server-2', 'journal', 200)),
    damaged('the journal is removed, and the store stays', remove('server-2', 'journal')),
    damaged('the readable files’ tails are torn off', tear('server-2', 'readable', 37)),
    damaged('a bit of a readable file is flipped', flip('server-2', 'readable', 1)),
    damaged('many bits of the readable files are flipped', flip('server-2', 'readable', 200)),
    damaged('the readable files are removed', remove('server-2', 'readable')),
    {
      name: 'all servers are killed, and one folder is emptied',
      steps: [
        kill('server-1', 'server-2', 'server-3'),
        empty('server-1'),
        start('server-1', 'server-2', 'server-3'),
      ],
    },
    {
      name: 'all servers are killed, and one folder is an old copy',
      steps: [
        stop('server-3'),
        keepCopy('server-3'),
        start('server-3'),
        ready('server-3'),
        lasting(3),
        kill('server-1', 'server-2', 'server-3'),
        putCopyBack('server-3'),
        start('server-1', 'server-3'),
        lasting(3),
        start('server-2'),
      ],
    },
    {
      name: 'all servers are killed, and one loses the tail of its journal',
      steps: [
        kill('server-1', 'server-2', 'server-3'),
        tear('server-3', 'journal', 1000),
        start('server-1', 'server-3'),
        lasting(3),
        start('server-2'),
      ],
    },
    {
      name: 'all servers are killed, and each loses the tail of its readable files',
      steps: [
        kill('server-1', 'server-2', 'server-3'),
        tear('server-1', 'readable', 1000),
        tear('server-2', 'readable', 10),
        remove('server-3', 'readable'),
        start('server-1', 'server-2', 'server-3'),
      ],
    },
  ],
}

export const fullDisks: Group = {
  title: 'Disks full, each a small file system of its own',
  needs: ['mount'],
  scenarios: [
    {
      name: 'a disk is full',
      steps: [fill('server-2'), unready('server-2'), lasting(3), makeRoom('server-2')],
      setting: { smallDisks: ['server-2'] },
      oneServer: true,
      short: true,
    },
    {
      name: 'a disk is full, and its server is killed and started on it',
      steps: [
        fill('server-2'),
        lasting(2),
        kill('server-2'),
        start('server-2'),
        lasting(4),
        makeRoom('server-2'),
      ],
      setting: { smallDisks: ['server-2'] },
      oneServer: true,
    },
    {
      name: 'two disks are full',
      steps: [
        fill('server-1'),
        fill('server-3'),
        unready('server-1'),
        lasting(3),
        makeRoom('server-1'),
        makeRoom('server-3'),
      ],
      setting: { smallDisks: ['server-1', 'server-3'] },
    },
  ],
}
