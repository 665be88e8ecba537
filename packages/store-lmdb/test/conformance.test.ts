import { fileURLToPath } from 'node:url'
import { storeKit } from '@perun-watcher/conformance/store'
import { describe, it } from 'vitest'
import { lmdbPlace } from './support/place.ts'

const script = fileURLToPath(new URL('./support/child.ts', import.meta.url))

storeKit({
  describe,
  it,
  name: 'lmdbStore',
  capabilities: { durable: true },
  place: lmdbPlace,
  child: { command: process.execPath, args: ['--import', 'tsx', script] },
  canDamage: true,
})
