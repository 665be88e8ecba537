import { faultKinds } from '../faults/kinds.ts'
import { themes } from './themes.ts'

/** Faults of methods that a watcher may do without. */
const optionalMethods: ReadonlyMap<string, string> = new Map([
  ['absurdGasPrice', 'eth_gasPrice'],
  ['absurdHistory', 'eth_feeHistory'],
  ['noHistory', 'eth_feeHistory'],
])

/** What only comes once a dispute is won. */
const afterwards: readonly string[] = ['lateReceipts']

/** What seeds must meet: each theme, each fault, and each fault while an older state than ours stood on the chain. */
export const milestones: readonly string[] = [
  ...themes.filter((theme) => theme !== 'calm').map((theme) => `theme: ${theme}`),
  ...faultKinds.map((kind) => `fault: ${kind}`),
  ...faultKinds.filter((kind) => !afterwards.includes(kind)).map((kind) => `fault in a dispute: ${kind}`),
  ...['reorgs', 'deepReorg', 'nonceReset', 'feeSpikes', 'droppedTransactions'].map((name) => `fault: ${name}`),
  ...['crashes', 'fullDisk', 'burningHolder'].map((name) => `fault: ${name}`),
  'refuted',
  // What is told where nobody could win.
  ...['underfunded', 'late', 'too-late', 'store-failing', 'unreachable', 'capacity exceeded'].map(
    (name) => `told: ${name}`,
  ),
]

/** Those that were never met. */
export function unmetOf(met: ReadonlyMap<string, number>): readonly string[] {
  return milestones.filter((name) => {
    const method = optionalMethods.get(name.split(': ').at(-1) ?? '')
    return !met.has(name) && (method === undefined || met.has(`asked: ${method}`))
  })
}
