import { assertNever } from '@perun-watcher/core/adapter'
import { type ChainUsage, usageText } from '../../chain/chain-usage.ts'
import { type Finding, ok, warn } from './finding.ts'

/** Says what is taken to be usual on the chain, and by what. */
export function judgeChain(usage: ChainUsage): Finding {
  const text = usageText(usage)
  switch (usage.by) {
    case 'given':
      return ok('chain.kind', `${usage.kind}, as the configuration says: ${text}`)
    case 'chain-id':
      return ok('chain.kind', `${usage.kind}, by the chain id: ${text}`)
    case 'unknown':
      return warn(
        'chain.kind',
        `The chain id is not a known one, so the limits of ethereum hold: ${text}`,
        'Set chain.kind if it is a chain of one of the known kinds; otherwise set chain.block_time, chain.finality_depth and chain.max_head_age.',
      )
    default:
      return assertNever(usage.by)
  }
}
