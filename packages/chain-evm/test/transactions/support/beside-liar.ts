import { type Hex, isWatcherError } from '@perun-watcher/core'
import { type EvmClient, type EvmSigner, failoverClient, parseAddress } from '../../../src/index.ts'
import { transactionManager } from '../../../src/transactions/manager/transaction-manager.ts'
import { manualClock } from '../../support/clocks.ts'
import { FakeNode, fakeSigner, gasUsed } from './fake-node.ts'
import { faultyJournal } from './faulty-journal.ts'
import { managerOptions } from './manager-options.ts'

/** What an endpoint says instead of what is true. */
export type Lie = (honest: () => Promise<unknown>, params: readonly unknown[]) => unknown

/** The same object with another value of a field; without it where the value is `undefined`. */
export function withField(name: string, form: (value: unknown) => unknown): Lie {
  return async (honest) => {
    const answer = await honest()
    if (typeof answer !== 'object' || answer === null) return answer
    return { ...answer, [name]: form(Reflect.get(answer, name)) }
  }
}

const to = parseAddress(`0x${'c0'.repeat(20)}`)
/** More than a lane has places. */
const calls = 20
const sentBefore = 3
const windowSeconds = 300n

async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve))
}

const dataOf = (index: number): Hex => `0x${index.toString(16).padStart(4, '0')}`

/** What became of calls that were sent one after the other, each with a window of 25 blocks. */
export interface Fate {
  /** How many blocks include. */
  readonly mined: number
  /** How many were told as what. */
  readonly told: Readonly<Record<string, number>>
  /** How many blocks came, at most, from when a call was sent until it was told. */
  readonly slowest: number
  /** How many usual transactions the account could pay for in the end. */
  readonly payable: bigint | undefined
  /** Most that a block took for each gas, in wei. */
  readonly dearest: bigint
  /** How many were told as included before any block did. */
  readonly tooSoon: number
  /** How many transactions were signed. */
  readonly signed: number
  /** How many transactions of the account blocks include, whatever for. */
  readonly spent: number
}

export const allMined: Pick<Fate, 'mined' | 'told'> = { mined: calls, told: { included: calls } }

export interface Scene {
  /** The honest one is asked first. Default: the liar is. */
  readonly isLiarSecond?: boolean
  /** How many transactions go into the block of this number, counted from the first call. Default: four. */
  readonly roomIn?: (block: number) => number
  /** The account is known by what an earlier run spent. Default: only by its nonces. */
  readonly isRemembered?: boolean
  /** What the honest one is like, from the first call on. */
  readonly prepare?: (node: FakeNode) => void
}

/** Sends through an endpoint that lies to some methods, and an honest one behind it. The account has sent before. */
export async function fateBesideLiar(lies: Readonly<Record<string, Lie>>, scene: Scene = {}): Promise<Fate> {
  const { isLiarSecond = false, roomIn = () => 4, isRemembered = false, prepare } = scene
  const node = new FakeNode()
  const clock = manualClock()
  const liar: EvmClient = {
    async request(asked, params) {
      const honest = async (): Promise<unknown> => node.client.request(asked, params)
      const lie = lies[asked]
      return await (lie === undefined ? honest() : lie(honest, params))
    },
  }
  const endpoints = [
    { name: 'liar', client: liar },
    { name: 'honest', client: node.client },
  ]
  let signed = 0
  const signer: EvmSigner = {
    ...fakeSigner(0),
    signTransaction: (transaction) => {
      signed++
      return fakeSigner(0).signTransaction(transaction)
    },
  }
  const remembered = managerOptions.spending
  const managerAt = (client: EvmClient) => {
    const spending = isRemembered ? remembered : managerOptions.spending
    const own = {
      spending,
      client,
      clock,
      signers: [signer],
      journal: faultyJournal(),
      finalityDepth: 5,
    }
    return transactionManager({ ...managerOptions, ...own })
  }
  const told: Record<string, number> = {}
  let slowest = 0
  let tooSoon = 0
  const send = (manager: ReturnType<typeof managerAt>, index: number, tell: (what: string) => void): void => {
    const deadline = node.head.timestamp + windowSeconds
    manager.send({ to, data: dataOf(index), deadline, gas: 100_000n }).then(
      () => tell('included'),
      (error: unknown) => tell(isWatcherError(error) ? error.code : String(error)),
    )
  }
  let passed = 0
  let room = (): number => 4
  const pass = async (manager: ReturnType<typeof managerAt>, blocks: number): Promise<void> => {
    for (let block = 0; block < blocks; block++) {
      await settle()
      node.mine(room())
      clock.advance(12_000)
      await Promise.race([manager.onHead(node.head), settle()])
    }
    await settle()
  }

  const before = managerAt(node.client)
  await before.start()
  for (let index = 0; index < sentBefore; index++) send(before, 0xaa00 + index, () => undefined)
  await pass(before, 10)
  await before.close()

  prepare?.(node)
  room = () => roomIn(passed++)
  const inOrder = isLiarSecond ? endpoints.toReversed() : endpoints
  const manager = managerAt(failoverClient({ endpoints: inOrder, clock }))
  await manager.start()
  for (let index = 0; index < calls; index++) {
    const sentAt = node.head.number
    send(manager, index, (what) => {
      told[what] = (told[what] ?? 0) + 1
      const isMined = node.included().some(({ call: { data } }) => data === dataOf(index))
      if (what === 'included' && !isMined) tooSoon++
      slowest = Math.max(slowest, Number(node.head.number - sentAt))
    })
    await pass(manager, 2)
  }
  await pass(manager, 30)
  const { payable } = manager
  void manager.close()
  const mined = node.included().filter(({ call }) => /^0x00/.test(call.data)).length
  const dearest = [...node.paid().values()].reduce((most, each) => (each > most ? each : most), 0n) / gasUsed
  return {
    tooSoon,
    signed: signed - sentBefore,
    mined,
    told,
    slowest,
    payable,
    dearest,
    spent: node.included().length - sentBefore,
  }
}
