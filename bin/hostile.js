#!/usr/bin/env node
import { runWithNode24 } from './bootstrap.js'

process.env.HOSTILE = 'full'
runWithNode24('node_modules/vitest/vitest.mjs', ['run', 'test/hostile', ...process.argv.slice(2)])
