#!/usr/bin/env node
import { runWithNode24 } from './bootstrap.js'

runWithNode24('test/simulation/main.ts', process.argv.slice(2))
