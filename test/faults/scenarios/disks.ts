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

/** How a store says, or ends by itself, that it does not find what it should. */
const STORE_NOTICED = /"set_aside"|Batches on the disk fail their check|The journal lacks records|died: SIG/
/** By the journal itself, where whole groups stand behind a broken one; else by what the others have heard of it. */
const JOURNAL_NOTICED = /The journal lacks records|The disk lacks what it was heard to hold/
const OLD_NOTICED = /The disk lacks what it was heard to hold/
const RECORDS_NOTICED = /The journal lacks records/
/** A write failed. */
const FULL_NOTICED = /The disk is full/
/** At its second start it knows of nobody. */
const EMPTY_NOTICED = /started with pid[^]*started with pid[^]*"voters":\[\]/

/** Done to the folder of server-2 while it is killed, as after a crash, once there is enough in it. */
function damaged(name: string, damage: Step, as?: RegExp): Scenario & { readonly steps: readonly Step[] } {
  return {
    name,
    steps: [lasting(3), kill('server-2'), lasting(1), damage, start('server-2')],
    oneServer: true,
    ...(as !== undefined && { notices: [{ by: 'server-2', as }] }),
  }
}

/** Has worked for so long that its next start opens the store without a trial: pages that lmdb dies of end the process. */
function damagedStore(name: string, damage: Step, as?: RegExp): Scenario {
  const [, ...steps] = damaged(name, damage).steps
  return { ...damaged(name, damage, as), steps: [lasting(6), ...steps], mayEnd: ['server-2'] }
}

export const disks: Group = {
  title: 'Data folders emptied, put back, damaged',
  needs: [],
  scenarios: [
    { ...damaged('a folder is emptied', empty('server-2'), EMPTY_NOTICED), short: true },
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
      notices: [{ by: 'server-3', as: OLD_NOTICED }],
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
      notices: ['server-1', 'server-2', 'server-3'].map((by) => ({ by, as: EMPTY_NOTICED })),
    },
    // May go unnoticed: the last bytes of the file are often of pages that are free by now.
    damagedStore('the store’s tail is torn off', tear('server-2', 'store', 37)),
    damagedStore(
      'a large part of the store’s tail is torn off',
      tear('server-2', 'store', 100_000),
      STORE_NOTICED,
    ),
    // May go unnoticed: many a page is free, or not full.
    damagedStore('a bit of the store is flipped', flip('server-2', 'store', 1)),
    damagedStore('many bits of the store are flipped', flip('server-2', 'store', 200), STORE_NOTICED),
    damagedStore(
      'the store’s pages are zeros, but for the first',
      blank('server-2', 'store', 8192),
      STORE_NOTICED,
    ),
    damaged('the store is removed, and the journal stays', remove('server-2', 'store'), RECORDS_NOTICED),
    // May go unnoticed: the last append was flushed, and nobody may have been told of it yet.
    damaged('the journal’s tail is torn off', tear('server-2', 'journal', 37)),
    {
      ...damaged(
        'a large part of the journal’s tail is torn off',
        tear('server-2', 'journal', 100_000),
        JOURNAL_NOTICED,
      ),
      short: true,
    },
    damaged('a bit of the journal is flipped', flip('server-2', 'journal', 1), JOURNAL_NOTICED),
    damaged('many bits of the journal are flipped', flip('server-2', 'journal', 200), JOURNAL_NOTICED),
    damaged('the journal is removed, and the store stays', remove('server-2', 'journal'), RECORDS_NOTICED),
    // The readable files are compared with the set at each start and put right without a word: that something stood there
    // to be damaged is checked as it is done, and that it was met by the files of all being equal at the end.
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
      notices: [{ by: 'server-1', as: EMPTY_NOTICED }],
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
      notices: [{ by: 'server-3', as: OLD_NOTICED }],
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
      // May go unnoticed: what was flushed last nobody may have been told of, or remember having been told.
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
      // With a part of it reserved a server mostly stops accepting before a write fails.
      name: 'a disk is full of which nothing is reserved, until writes fail',
      steps: [fill('server-2'), unready('server-2'), lasting(3), makeRoom('server-2')],
      setting: {
        smallDisks: ['server-2'],
        environment: (name) => (name === 'server-2' ? { DISK_RESERVE: '0' } : {}),
      },
      oneServer: true,
      notices: [{ by: 'server-2', as: FULL_NOTICED }],
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
