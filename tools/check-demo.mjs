/**
 * Reads what `pnpm demo --json` printed from standard input: every line must be JSON, and the last one must say that
 * every cheat was refuted and everybody got what is theirs.
 */
import { text } from 'node:stream/consumers'
import { judgeDemo } from './lib/judge-demo.mjs'
import { report } from './lib/report.mjs'

report(judgeDemo(await text(process.stdin)))
