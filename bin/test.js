#!/usr/bin/env node
import { runWithNode24 } from './bootstrap.js'

runWithNode24('node_modules/vitest/vitest.mjs', ['run', ...process.argv.slice(2)])
