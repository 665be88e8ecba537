import { storeKit } from '@perun-watcher/conformance/store'
import { describe, it } from 'vitest'
import { fileChild, filePlace, memoryPlace } from './support/places.ts'

storeKit({ describe, it, name: 'memoryStore', capabilities: { durable: false }, place: memoryPlace() })

storeKit({
  describe,
  it,
  name: 'the smallest durable store',
  capabilities: { durable: true },
  place: filePlace(),
  child: fileChild(),
  canDamage: true,
})
