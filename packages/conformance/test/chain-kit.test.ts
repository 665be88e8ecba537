import { chainKit } from '@perun-watcher/conformance/chain'
import { describe, it } from 'vitest'
import { modelPlace } from './support/chain-places.ts'

chainKit({
  describe,
  it,
  name: 'modelChain',
  place: modelPlace(),
  canMismatch: true,
  canBreak: true,
  canReorg: true,
})
