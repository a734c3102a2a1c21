import type { Group } from '../scenario.ts'
import { kill, lasting, start, stepClock } from '../steps.ts'

const OFFSETS: Readonly<Record<string, string>> = { 'server-1': '30000', 'server-3': '-20000' }
const DRIFTS: Readonly<Record<string, string>> = { 'server-1': '50000', 'server-3': '-50000' }

export const clocksApart: Group = {
  title: 'Clocks apart',
  needs: [],
  scenarios: [
    {
      name: 'clocks are 50 s apart, and a server is killed',
      steps: [lasting(3), kill('server-1'), lasting(3), start('server-1')],
      setting: {
        environment: (name) => (OFFSETS[name] === undefined ? {} : { CLOCK_OFFSET_MS: OFFSETS[name] }),
      },
      oneServer: true,
    },
    {
      name: 'clocks drift apart by a tenth, and a server is killed',
      steps: [lasting(5), kill('server-2'), lasting(3), start('server-2')],
      setting: {
        environment: (name) => (DRIFTS[name] === undefined ? {} : { CLOCK_DRIFT_PPM: DRIFTS[name] }),
      },
      oneServer: true,
    },
  ],
}

export const clocksStepping: Group = {
  title: 'Clocks stepping, as someone sets them',
  needs: ['faketime'],
  scenarios: [
    {
      name: 'the coordinator’s clock steps forth and back',
      steps: [
        stepClock('server-1', 3600),
        lasting(4),
        stepClock('server-1', -3600),
        lasting(4),
        stepClock('server-1', 0),
      ],
      setting: { clocks: ['server-1'] },
      oneServer: true,
    },
    {
      name: 'a server’s clock steps back by an hour, and it is killed',
      steps: [stepClock('server-2', -3600), lasting(3), kill('server-2'), start('server-2')],
      setting: { clocks: ['server-2'] },
      oneServer: true,
    },
    {
      name: 'every clock steps, each to another time',
      steps: [
        stepClock('server-1', -60),
        stepClock('server-2', 600),
        stepClock('server-3', -3600),
        lasting(4),
        stepClock('server-1', 3600),
        stepClock('server-2', -600),
        stepClock('server-3', 0),
      ],
      setting: { clocks: ['server-1', 'server-2', 'server-3'] },
      oneServer: true,
    },
    {
      name: 'all servers are killed, and start with clocks an hour behind',
      steps: [
        kill('server-1', 'server-2', 'server-3'),
        ...['server-1', 'server-2', 'server-3'].map((name) => stepClock(name, -3600)),
        start('server-1', 'server-2', 'server-3'),
      ],
      setting: { clocks: ['server-1', 'server-2', 'server-3'] },
    },
  ],
}
