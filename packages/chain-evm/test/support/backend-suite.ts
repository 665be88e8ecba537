import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { type ChannelId, type Hex, hasCode, parseChannelId, type SignedState } from '@perun-watcher/core'
import type { RegistererSubscriber } from '@perun-watcher/core/adapter'
import {
  type Actor,
  type Channel,
  type ChannelOptions,
  createActor,
  type Devnet,
  devKey,
  openChannel,
  startDevnet,
} from '@perun-watcher/devnet'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BackendOptions, signedStateFromAbi } from '../../src/index.ts'
import { StepLog } from './step-log.ts'

export interface BackendRequest extends BackendOptions {
  readonly rpcUrl: string
  readonly wsUrl: string
  readonly privateKey: Hex
}

const nobody: Hex = '0x000000000000000000000000000000000000dead'

/** The tests that every backend on an EVM chain must pass, against a real node. */
export function backendSuite(name: string, create: (request: BackendRequest) => RegistererSubscriber): void {
  describe(name, () => {
    let devnet: Devnet
    let alice: Actor
    let mallory: Actor
    let backend: RegistererSubscriber
    let seen: StepLog

    const request = (): BackendRequest => ({
      rpcUrl: devnet.rpcUrl,
      wsUrl: devnet.wsUrl,
      privateKey: devKey(3),
      adjudicator: devnet.contracts.adjudicator,
      chainId: BigInt(devnet.chainId),
      finalityDepth: 8,
      pollIntervalMs: 20,
    })

    beforeAll(async () => {
      devnet = await startDevnet()
      alice = await createActor(devnet, devKey(1))
      mallory = await createActor(devnet, devKey(2))
      backend = create(request())
      await backend.start()
      seen = new StepLog(backend)
      await seen.until(() => seen.steps.length > 0)
    })
    afterAll(async () => {
      await backend.close()
      await seen.ended
      await devnet.stop()
    })

    const open = (options: Partial<ChannelOptions> = {}): Channel =>
      openChannel(devnet, { actors: [alice, mallory], balances: [10n, 20n], challengeDuration: 600n, ...options })
    const idOf = (channel: Channel): ChannelId => parseChannelId(channel.id)
    const signed = async (channel: Channel, version: bigint, isFinal = false): Promise<SignedState> =>
      signedStateFromAbi(await channel.signed(channel.state(version, { isFinal })))
    const deadline = async (): Promise<bigint> => (await devnet.client.getBlock()).timestamp + 600n

    describe('at the start', () => {
      const refused = async (wrong: Partial<BackendRequest>): Promise<void> => {
        const wrongBackend = create({ ...request(), ...wrong })
        await expect(wrongBackend.probe()).rejects.toMatchObject({ code: 'CHAIN_MISMATCH' })
        await wrongBackend.close()
      }

      it('refuses another chain', () => refused({ chainId: 1n }))
      it('refuses an address without a contract', () => refused({ adjudicator: nobody }))
      it('refuses a contract that is no adjudicator', () => refused({ adjudicator: devnet.contracts.assetHolder }))

      it('names the ledger', () => {
        const address = devnet.contracts.adjudicator.toLowerCase()
        expect(backend.ledgerId).toBe(`eip155:${devnet.chainId}:${address}:v1`)
      })

      it('tells an endpoint that does not answer, without the secrets in its address', async () => {
        const closed = createServer()
        await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve))
        const address = closed.address()
        assert.ok(typeof address === 'object' && address !== null)
        await new Promise((resolve) => closed.close(resolve))
        const rpcUrl = `http://127.0.0.1:${address.port}/v3/secret-key`
        const deaf = create({ ...request(), rpcUrl, requestTimeoutMs: 1_000 })
        const error: unknown = await deaf.probe().catch((cause: unknown) => cause)
        assert.ok(hasCode(error, 'CHAIN_UNREACHABLE'))
        expect(error.message).not.toContain('secret-key')
        await deaf.close()
      })
    })

    describe('reading', () => {
      it('sees a registration, its record and its state', async () => {
        const channel = open()
        const state = await signed(channel, 3n)
        await devnet.confirm(mallory.register(await channel.signed(channel.state(3n))))
        const [log] = await seen.of(idOf(channel), 1)
        assert.ok(log)
        expect(log).toMatchObject({ version: 3n, phase: 'dispute', timeout: log.block.timestamp + 600n })
        const { record, block } = await backend.readRecord(idOf(channel))
        expect(record).toMatchObject({ version: 3n, phase: 'dispute', timeout: log.timeout })
        expect(record?.stateHash).toBe(backend.stateHash(state.state))
        expect(record?.blockNumber).toBe(block.number)
        expect(await backend.recoverStates(log)).toEqual([state])
      })

      it('sees a registration through another contract, and its state', async () => {
        const channel = open()
        await devnet.confirm(mallory.registerThroughRelay(await channel.signed(channel.state(4n))))
        const [log] = await seen.of(idOf(channel), 1)
        assert.ok(log)
        expect(log).toMatchObject({ version: 4n })
        expect(await backend.recoverStates(log)).toEqual([await signed(channel, 4n)])
      })

      it('sees what a participant played alone, and who; nothing of it in other transactions, or of other channels', async () => {
        const { app } = devnet.contracts
        const channel = open({ app, challengeDuration: 1n })
        const [old, next] = [channel.state(1n), channel.state(2n)]
        await devnet.confirm(mallory.register(await channel.signed(old)))
        await devnet.anvil.mine({ secondsPerBlock: 2 })
        const move = { params: channel.params, stateOld: old, state: next, actorIdx: 1 }
        await devnet.confirm(mallory.progress({ ...move, sig: await mallory.sign(next) }))
        const [registered, progressed] = await seen.of(idOf(channel), 2)
        assert.ok(registered && progressed)
        const { state } = await signed(channel, 2n)
        expect(await backend.recoverProgress?.(progressed)).toEqual({ state, actor: 1 })
        expect(await backend.recoverProgress?.(registered)).toBeUndefined()
        const other = idOf(open())
        expect(await backend.recoverProgress?.({ ...progressed, channelId: other })).toBeUndefined()
      })

      it('has no record of a channel that was never registered', async () => {
        expect((await backend.readRecord(idOf(open()))).record).toBeUndefined()
      })

      it('takes back what a reorg takes out', async () => {
        const channel = open()
        await devnet.confirm(mallory.register(await channel.signed(channel.state(1n))))
        await seen.of(idOf(channel), 1)
        await devnet.anvil.reorg(2)
        await seen.of(idOf(channel), 0)
        expect((await backend.readRecord(idOf(channel))).record).toBeUndefined()
      })

      it('sees history from any block on', async () => {
        const channel = open()
        const { blockNumber } = await devnet.confirm(mallory.register(await channel.signed(channel.state(2n))))
        await devnet.anvil.mine({ blocks: 12 })
        const late = create(request())
        const log = new StepLog(late, blockNumber)
        await log.of(idOf(channel), 1)
        await late.close()
        await log.ended
      })

      it('checks what the contract checks', async () => {
        const channel = open()
        const state = await signed(channel, 1n)
        const { params, ...transaction } = state
        expect(await backend.verify(state)).toEqual({ ...transaction, hash: backend.stateHash(state.state) })
        expect(backend.channelId(params)).toBe(channel.id)
        const other = await signed(channel, 2n)
        await expect(backend.verify({ ...state, sigs: other.sigs })).rejects.toMatchObject({
          code: 'SIGNATURE_INVALID',
        })
      })
    })

    describe('writing', () => {
      it('refutes: registers a newer state over an older one', async () => {
        const channel = open()
        await devnet.confirm(mallory.register(await channel.signed(channel.state(1n))))
        const { transactionHash, block } = await backend.register(await signed(channel, 5n), [], {
          deadline: await deadline(),
        })
        const [, log] = await seen.of(idOf(channel), 2)
        expect(log).toMatchObject({ version: 5n, transactionHash, block: { hash: block.hash } })
        expect((await backend.readRecord(idOf(channel))).record).toMatchObject({ version: 5n })
      })

      it('changes nothing when the same state is registered twice', async () => {
        const channel = open()
        const state = await signed(channel, 5n)
        const first = await backend.register(state, [], { deadline: await deadline() })
        const second = await backend.register(state, [], { deadline: await deadline() })
        expect(second.transactionHash).not.toBe(first.transactionHash)
        const { record } = await backend.readRecord(idOf(channel))
        expect(record).toMatchObject({ version: 5n, timeout: first.block.timestamp + 600n })
      })

      it('tells that the contract refuses an older state', async () => {
        const channel = open()
        await backend.register(await signed(channel, 5n), [], { deadline: await deadline() })
        const older = backend.register(await signed(channel, 4n), [], { deadline: await deadline() })
        await expect(older).rejects.toMatchObject({ code: 'REGISTER_REVERTED' })
      })

      it('settles a final state', async () => {
        const channel = open()
        await devnet.confirmAll(await channel.fund())
        await backend.concludeFinal(await signed(channel, 9n, true), { deadline: await deadline() })
        expect(await seen.of(idOf(channel), 1)).toMatchObject([{ version: 9n, phase: 'concluded' }])
      })
    })

    it('ends everything when closed, and may be closed again', async () => {
      const closing = create(request())
      await closing.start()
      const log = new StepLog(closing)
      await log.until(() => log.steps.length > 0)
      await Promise.all([closing.close(), closing.close()])
      await log.ended
      expect(log.steps.filter(({ type }) => type === 'stalled')).toEqual([])
      await expect(closing.readRecord(idOf(open()))).rejects.toMatchObject({ code: 'WATCHER_CLOSED' })
      await new StepLog(closing).ended
    })
  })
}
