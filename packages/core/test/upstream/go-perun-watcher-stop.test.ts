import { describe, expect, it } from 'vitest'
import { registers, testChannel } from '../../src/testing/index.ts'
import { sentVersions } from '../support/sent-versions.ts'
import { isPending, settle, setup } from '../support/setup.ts'

/** The rest of go-perun's watcher/local/watcher_test.go; see the file next to this one. */
describe('Test_Watcher_StopWatching', () => {
  // One stream for all channels here: nothing is subscribed per channel, so stopping cannot fail for the chain's sake.
  describe('ledger_channel_without_sub_channel', () => {
    it('happy/adjSub_noError', async () => {
      await using s = await setup()
      const watch = await s.watch(testChannel().signed(0n))
      await watch.stop()
      expect(watch.end).toEqual({ error: undefined })
    })

    it('happy/adjSub_error', async () => {
      await using s = await setup()
      const watch = await s.watch(testChannel().signed(0n))
      s.chain.faults.readRecord = () => {
        throw new Error('connection refused')
      }
      await watch.stop()
      expect(watch.end).toEqual({ error: undefined })
    })

    it('happy/concurrency', async () => {
      await using s = await setup()
      const watch = await s.watch(testChannel().signed(0n))
      expect(await isPending(Promise.all([watch.stop(), watch.stop()]))).toBe(false)
    })
  })

  describe('ledger_channel_with_sub_channel', () => {
    async function watching() {
      const s = await setup()
      const child = testChannel({ kind: 'sub', funds: 100n })
      const parent = testChannel()
      const locks = { locks: [child] }
      const watch = await s.watch(parent.signed(0n))
      await watch.publish(parent.signed(1n, locks))
      const childWatch = await s.watch(child.signed(0n), parent)
      return { s, child, parent, locks, watch, childWatch }
    }

    it('happy/settleOnLedger_stopChild_stopParent', async () => {
      const { s, parent, watch, childWatch } = await watching()
      await using _ = s
      await watch.publish(parent.signed(2n))
      await childWatch.stop()
      await watch.stop()
      expect(s.chain.sent).toEqual([])
    })

    it('happy/stopChild_registeredEventNoDispute_stopParent', async () => {
      const { s, child, parent, locks, watch, childWatch } = await watching()
      await using _ = s
      await watch.publish(parent.signed(2n, locks))
      await childWatch.stop()
      await s.mine({ calls: [registers(parent.signed(2n, locks), [child.signed(0n)])] })
      expect(watch.told).toEqual(['registered 2'])
      await watch.stop()
      expect(s.chain.sent).toEqual([])
    })

    it('happy/stopChild_registeredEventDispute_stopParent', async () => {
      const { s, child, parent, locks, watch, childWatch } = await watching()
      await using _ = s
      await watch.publish(parent.signed(2n, locks))
      await childWatch.stop()
      await s.mine({ calls: [registers(parent.signed(1n, locks), [child.signed(0n)])] })
      await s.mine()
      expect(watch.told).toEqual(['registered 1', 'registered 2', 'refuted 2'])
      expect(sentVersions(s.chain)).toEqual([[2n, 0n]])
      await watch.stop()
      await settle()
      expect(await s.store.load(child.id)).toBeUndefined()
    })

    it('error/stopParent_woSettleOnParent_woStopChild', async () => {
      const { s, watch } = await watching()
      await using _ = s
      await expect(watch.stop()).rejects.toMatchObject({ code: 'SUB_CHANNELS_WATCHED' })
    })

    it('error/stopParent_SettleOnParent_woStopChild', async () => {
      const { s, parent, watch } = await watching()
      await using _ = s
      await watch.publish(parent.signed(2n))
      await expect(watch.stop()).rejects.toMatchObject({ code: 'SUB_CHANNELS_WATCHED' })
    })
  })
})
