#!/usr/bin/env node
import { runWithNode24 } from './bootstrap.js'

runWithNode24('test/cluster/main.ts', process.argv.slice(2))
