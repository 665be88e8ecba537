import { runSeed } from './run.ts'

const from = Number(process.argv[2] ?? 1),
  n = Number(process.argv[3] ?? 20)
const t = performance.now()
const met = new Map<string, number>()
let bad = 0
for (let s = from; s < from + n; s++) {
  const r = await runSeed(s, { keepsTrace: n === 1 })
  for (const [k, v] of r.met) met.set(k, (met.get(k) ?? 0) + v)
  if (r.violations.length) {
    bad++
    console.log(s, r.violations)
  }
  if (n === 1) console.log(r.trace.join('\n'))
}
console.log('bad', bad, (performance.now() - t) / n, 'ms/seed')
console.log(
  [...met]
    .sort()
    .map(([k, v]) => `${k}: ${v}`)
    .join('\n'),
)
