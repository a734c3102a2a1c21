#!/usr/bin/env node
import { runWithNode24 } from './bootstrap.js'

const config = ['--config', 'test/chart/vitest.config.ts']
runWithNode24('node_modules/vitest/vitest.mjs', ['run', ...config, ...process.argv.slice(2)])
