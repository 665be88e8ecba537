import { runSeed } from '../run/run-seed.ts'
const [seed = '1', theme, tempo] = process.argv.slice(2)
const t0 = performance.now()
const result = await runSeed(Number(seed), { theme: theme as never, tempo: tempo as never, keepsTrace: true, isPure: true })
for (const line of result.trace) console.log(line)
console.log(result.violations, result.met, performance.now() - t0)
