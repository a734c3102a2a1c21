import { defineConfig } from 'vitest/config'

/** Each of these files runs a system of six processes or more: two at once would starve each other of processors. */
const SYSTEMS = ['process', 'interop', 'hostile', 'faults', 'security'].map(
  (folder) => `test/${folder}/**/*.test.ts`,
)
/** These need tools for Kubernetes: `npm run test:chart`. */
const CHART = 'test/chart/**/*.test.ts'
/** Thousands of simulated schedules: much work, on all processors. */
const SCHEDULES = [
  'test/simulation/schedules-*.test.ts',
  'test/simulation/plants/*.test.ts',
  'test/operator/simulation.test.ts',
]

export default defineConfig({
  test: {
    pool: 'forks',
    testTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: { name: 'cores', include: ['test/**/*.test.ts'], exclude: [...SYSTEMS, ...SCHEDULES, CHART] },
      },
      { extends: true, test: { name: 'schedules', include: SCHEDULES } },
      {
        extends: true,
        test: { name: 'systems', include: SYSTEMS, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
})
