import { type EngineName, signatureEngine } from '@perun-watcher/chain-evm'
import { type Finding, ok, warn } from './finding.ts'

/** When Node's lines stop getting repairs: https://github.com/nodejs/Release#release-schedule */
const endOfLife: ReadonlyMap<number, string> = new Map([
  [20, '2026-04-30'],
  [22, '2027-04-30'],
  [24, '2028-04-30'],
  [26, '2029-04-30'],
])

/** What this process runs on. @param now seconds since 1970 */
export function checkRuntime(now: number): readonly Finding[] {
  return [
    judgeNode(process.versions.node, now),
    judgeSignatureEngine(signatureEngine(), process.platform, process.arch),
  ]
}

export function judgeNode(version: string, now: number): Finding {
  const check = 'runtime.node'
  const major = Number(version.split('.')[0])
  const newest = Math.max(...endOfLife.keys())
  // A newer line than this program knows of.
  if (major > newest) return ok(check, `Node ${version}.`)
  const end = endOfLife.get(major)
  const remedy = `Install Node ${oldestWithRepairs(now)}, or another line with long-term support.`
  if (end === undefined) {
    return warn(check, `Node ${version} is no line with long-term support.`, remedy)
  }
  if (now < Date.parse(end) / 1_000) return ok(check, `Node ${version}, repaired until ${end}.`)
  return warn(check, `Node ${version} has got no repairs since ${end}, not even of security.`, remedy)
}

/** The oldest line that still gets repairs: others know it best. */
function oldestWithRepairs(now: number): number {
  const repaired = [...endOfLife].filter(([, end]) => now < Date.parse(end) / 1_000).map(([major]) => major)
  return repaired.length === 0 ? Math.max(...endOfLife.keys()) : Math.min(...repaired)
}

export function judgeSignatureEngine(name: EngineName, platform: string, arch: string): Finding {
  const check = 'runtime.signatures'
  if (name === 'native') return ok(check, 'Signatures are checked by libsecp256k1.')
  return warn(
    check,
    `Signatures are checked in JavaScript, which is some thirty times slower: libsecp256k1 does not load on ${platform}-${arch}.`,
    'Build the npm package secp256k1 on this machine (a compiler is needed), or expect a few hundred states per second.',
  )
}
