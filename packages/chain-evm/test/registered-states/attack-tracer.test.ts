import vm from 'node:vm'
import { type Hex, parseTransactionHash } from '@perun-watcher/core'
import { describe, expect, it } from 'vitest'
import { parseAddress } from '../../src/index.ts'
import { v1 } from '../../src/internal.ts'
import { keepingTracer } from '../../src/registered-states/keeping-tracer.ts'
import { registeredStates } from '../../src/registered-states/registered-states.ts'
import { channelOf } from '../limits/shapes.ts'
import { type Frame, fakeNode, tracerIn } from './fake-node.ts'

const adjudicator = parseAddress(`0x${'ad'.repeat(20)}`)

const word = (value: number): string => value.toString(16).padStart(64, '0')

/**
 * A call of `register` whose lists share their entries: few kilobytes that unfold into `rows` times `columns` numbers. The
 * contract runs out of gas as soon as it begins to read it.
 */
function unfolding(rows: number, columns: number): Hex {
  // register(channel, list): the channel is read first.
  const channel = [word(64), word(64)]
  // params, state, sigs: the parameters are empty, the state comes behind them.
  const params = [word(1), word(2), word(7 * 32), word(0), word(1), word(0), word(0)]
  void params
  const paramsHead = [word(1), word(2), word(6 * 32), word(0), word(1), word(0), word(0)]
  const outcomeBalances = [
    word(rows),
    ...Array.from({ length: rows }, () => word(rows * 32)),
    word(columns),
    ...Array.from({ length: columns }, () => word(1)),
  ]
  const outcome = [word(4 * 32), word(5 * 32), word(6 * 32), word(4 * 32), word(0), word(0), ...outcomeBalances]
  const state = [word(3), word(4), word(5 * 32), word(5 * 32 + outcome.length * 32), word(0), ...outcome, word(0)]
  const sigs = [word(0)]
  const parts = [
    word(3 * 32),
    word(3 * 32 + paramsHead.length * 32),
    word(3 * 32 + paramsHead.length * 32 + state.length * 32),
    ...paramsHead,
    ...state,
    ...sigs,
  ]
  return `${v1.selectors.register}${[...channel, ...parts].join('')}` as Hex
}

/** Runs the program as geth does, and counts what it reads: a node gives up after five seconds. */
function run(frames: readonly Frame[], most: number): unknown {
  let reads = 0
  const toHex = (bytes: Uint8Array): string => {
    reads += 1
    if (reads > most) throw new Error('execution timeout')
    return `0x${Buffer.from(bytes).toString('hex')}`
  }
  const bytesOf = (hex: string | undefined): Uint8Array => Buffer.from((hex ?? '0x').slice(2), 'hex')
  const program = vm.runInNewContext(`(${keepingTracer(adjudicator, v1)})`, { toHex })
  const visit = (frame: Frame): void => {
    program.enter({ getType: () => 'CALL', getTo: () => bytesOf(frame.to), getInput: () => bytesOf(frame.input) })
    for (const inner of frame.calls ?? []) visit(inner)
    program.exit({ getError: () => frame.error })
  }
  for (const inner of frames) visit(inner)
  if (reads > most) throw new Error('execution timeout')
  return program.result()
}

describe('D5a: a state behind calls that failed', () => {
  it('is found, and what failed is not read: nobody paid for that', async () => {
    const signed = channelOf({ isSigned: false })
    const bomb: Frame = { to: adjudicator, input: unfolding(500, 500), error: 'out of gas' }
    const real: Frame = { to: adjudicator, input: v1.encodeRegister(signed, []) }
    const node = fakeNode({
      eth_getTransactionByHash: () => ({ to: `0x${'77'.repeat(20)}`, input: '0x' }),
      debug_traceTransaction: (params) => {
        // All inputs together are more than this node sends.
        if (tracerIn(params) === 'callTracer') throw new Error('response too large')
        return run([...Array.from({ length: 50 }, () => bomb), real], 100_000)
      },
    })
    const transaction = parseTransactionHash(`0x${'11'.repeat(32)}`)
    const deps = { client: node, adjudicator, generation: v1 }
    expect(await registeredStates(deps, transaction, { channelId: signed.state.channelId })).toEqual([signed])
  })
})
