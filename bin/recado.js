#!/usr/bin/env node
import { runWithNode24 } from './bootstrap.js'

const args = process.argv.slice(2)
if (args[0] === 'start') runWithNode24('src/cli/start.ts', args.slice(1))
else runWithNode24('src/cli/main.ts', args)
