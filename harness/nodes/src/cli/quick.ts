import { runSeed } from '../run/run-seed.ts'
import { themes } from '../run/themes.ts'
const n = Number(process.argv[2] ?? 3)
const only = process.argv[3]
process.on('unhandledRejection', (e) => { console.log('UNHANDLED', e); process.exit(1) })
for (const theme of themes) {
  if (only && theme !== only) continue
  const t0 = performance.now()
  const lines: string[] = []
  let lost = 0
  let met = 0, mattered = 0
  for (let seed = 1; seed <= n; seed++) {
    try {
    const r = await runSeed(seed, { theme, isPure: true })
    if (r.violations.length) { lost++; lines.push(`${seed}:${r.violations[0]}`) }
    met += r.met.get(`fault: ${theme}`) ?? 0
    mattered += r.met.get(`fault in a dispute: ${theme}`) ?? 0
    } catch (e) { lines.push(`${seed}:threw ${String((e as Error).stack).slice(0,300)}`) }
  }
  console.log(theme.padEnd(20), `${lost}/${n} met ${met}/${mattered} ${Math.round((performance.now() - t0) / n)}ms`, lines.slice(0,3).join(' | ').slice(0,200))
}
