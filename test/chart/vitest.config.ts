import { defineConfig } from 'vitest/config'
import { ROOT } from '../tidy/tree.ts'

/** The chart's tests need helm, kubeconform, promtool and prometheus. */
export default defineConfig({
  test: {
    root: ROOT,
    include: ['test/chart/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 60_000,
  },
})
