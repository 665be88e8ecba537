import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createConnection } from 'node:net'
import { fileURLToPath } from 'node:url'
import { createPublicClient, http, parseGwei } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Actor, createActor } from '../src/actor.ts'
import { type Anvil, startAnvil } from '../src/anvil.ts'
import { type Devnet, startDevnet } from '../src/devnet.ts'
import { devKey } from '../src/keys.ts'
import { superviseScript } from '../src/sources.ts'

const repository = fileURLToPath(new URL('../../../', import.meta.url))

/** Chain times of the newest blocks, the newest last. */
async function times(anvil: Anvil, count: number): Promise<number[]> {
  const client = createPublicClient({ transport: http(anvil.rpcUrl), cacheTime: 0 })
  const head = await client.getBlockNumber()
  const numbers = Array.from({ length: count }, (_, index) => head - BigInt(count - 1 - index))
  return Promise.all(numbers.map(async (blockNumber) => Number((await client.getBlock({ blockNumber })).timestamp)))
}

/** Whether anything listens at the URL. */
function listens(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(Number(new URL(url).port), '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.unref()
  })
}

describe('blocks', () => {
  let devnet: Devnet
  let alice: Actor
  let bob: Actor

  beforeAll(async () => {
    devnet = await startDevnet({ automine: false, timestamp: 1_000_000, secondsPerBlock: 12 })
    alice = await createActor(devnet, devKey(1))
    bob = await createActor(devnet, devKey(2))
  })
  afterAll(() => devnet.stop())

  const pay = () => alice.send({ to: bob.address, value: 1n })

  test('the contracts are in the first', async () => {
    expect(await times(devnet.anvil, 2)).toEqual([1_000_000, 1_000_012])
    const code = await devnet.client.getCode({ address: devnet.contracts.relay, blockNumber: 1n })
    expect(code?.length).toBeGreaterThan(2)
  })

  test('are so many seconds apart as the chain, the call or the caller says', async () => {
    const { anvil } = devnet
    const [now = 0] = await times(anvil, 1)
    await anvil.mine({ blocks: 2 })
    await anvil.mine({ blocks: 2, secondsPerBlock: 5 })
    await anvil.mine({ timestamp: now + 100 })
    await anvil.setNextBlockTimestamp(BigInt(now) + 200n)
    await anvil.mine({ blocks: 2 })
    const offsets = (await times(anvil, 7)).map((time) => time - now)
    expect(offsets).toEqual([12, 24, 29, 34, 100, 200, 212])
  })

  test('cannot lie before their parents', async () => {
    await expect(devnet.anvil.mine({ timestamp: 1 })).rejects.toThrow(/timestamp/i)
  })

  test('go back to a snapshot, once, and on in chain time from there', async () => {
    const { anvil } = devnet
    const [now = 0] = await times(anvil, 1)
    const snapshot = await anvil.snapshot()
    await anvil.mine({ timestamp: now + 10_000 })
    await anvil.revert(snapshot)
    await anvil.mine()
    expect(await times(anvil, 2)).toEqual([now, now + 12])
    await expect(anvil.revert(snapshot)).rejects.toMatchObject({ code: 'DATA_INVALID' })
  })

  test('are reorganised with nothing, and what was in them is gone', async () => {
    const sent = await pay()
    await devnet.confirm(sent)
    const before = await devnet.client.getBlock()
    await devnet.anvil.reorg(1)
    const after = await devnet.client.getBlock()
    expect(after.number).toBe(before.number)
    expect(after.hash).not.toBe(before.hash)
    expect(after.parentHash).toBe(before.parentHash)
    await devnet.anvil.mine()
    await expect(sent.wait({ timeoutMs: 0 })).rejects.toMatchObject({ code: 'TRANSACTION_PENDING' })
  })

  test('are reorganised with their transactions waiting again', async () => {
    const [first, second] = [await pay(), await pay()]
    await devnet.confirmAll([first, second])
    await devnet.anvil.mine()
    await devnet.anvil.reorg(2, { requeue: true })
    await expect(second.wait({ timeoutMs: 0 })).rejects.toMatchObject({ code: 'TRANSACTION_PENDING' })
    const receipts = await devnet.confirmAll([first, second])
    expect(receipts.map(({ blockNumber }) => blockNumber)).toEqual(Array(2).fill(await devnet.client.getBlockNumber()))
  })

  test('are reorganised with the same transaction one block later, and with another one', async () => {
    const old = await pay()
    const { blockNumber } = await devnet.confirm(old)
    await devnet.anvil.mine()
    await devnet.anvil.reorg(2, { transactions: [{ block: 1, hash: old.hash }] })
    expect((await old.wait()).blockNumber).toBe(blockNumber + 1n)
    const unknown = devnet.anvil.reorg(1, { transactions: [{ block: 0, hash: `0x${'00'.repeat(32)}` }] })
    await expect(unknown).rejects.toMatchObject({ code: 'DATA_INVALID' })
  })

  test('leave out transactions that were dropped, one or all', async () => {
    const [a, b] = [await pay(), await bob.send({ to: alice.address })]
    await devnet.anvil.dropPending(a.hash)
    await devnet.confirm(b)
    const c = await pay()
    await devnet.anvil.dropPending()
    await devnet.anvil.mine()
    for (const { wait } of [a, c]) {
      await expect(wait({ timeoutMs: 0 })).rejects.toMatchObject({ code: 'TRANSACTION_PENDING' })
    }
  })

  test('cost what was asked for', async () => {
    await devnet.anvil.setNextBaseFee(parseGwei('77'))
    await devnet.anvil.mine()
    expect((await devnet.client.getBlock()).baseFeePerGas).toBe(parseGwei('77'))
  })

  test('come by themselves when automine is on', async () => {
    expect(devnet.anvil.mining()).toBe('manual')
    await devnet.anvil.setAutomine(true)
    await (await pay()).wait()
    await devnet.anvil.setAutomine(false)
    const waiting = await pay()
    await expect(waiting.wait({ timeoutMs: 0 })).rejects.toMatchObject({ code: 'TRANSACTION_PENDING' })
    await devnet.confirm(waiting)
  })
})

test('interval mining is set after the contracts are deployed', async () => {
  await using devnet = await startDevnet({ blockTime: 3600 })
  expect(devnet.anvil.mining()).toBe('interval')
  expect(await devnet.client.getBlockNumber()).toBe(1n)
  expect(await times(devnet.anvil, 2).then(([first = 0, second = 0]) => second - first)).toBe(3600)
})

test('options reach anvil: an older fork, more accounts, any argument', async () => {
  await using devnet = await startDevnet({ hardfork: 'paris', accounts: 12, args: ['--base-fee', '5'] })
  const { address } = await createActor(devnet, devKey(11))
  const [block, balance] = await Promise.all([
    devnet.client.getBlock({ blockNumber: 0n }),
    devnet.client.getBalance({ address, blockNumber: 0n }),
  ])
  expect(block.baseFeePerGas).toBe(5n)
  expect(block.withdrawalsRoot).toBeUndefined()
  expect(balance).toBeGreaterThan(0n)
})

describe('the process', () => {
  test('ends once, however often it is stopped', async () => {
    const anvil = await startAnvil()
    expect(await listens(anvil.rpcUrl)).toBe(true)
    await Promise.all([anvil.stop(), anvil.stop()])
    await anvil[Symbol.asyncDispose]()
    expect(await listens(anvil.rpcUrl)).toBe(false)
  })

  test('ends when its parent is killed', async () => {
    // A parent that starts anvil and is killed before it could clean anything up.
    const anvilModule = new URL('../src/anvil.ts', import.meta.url).href
    const program = `import { startAnvil } from '${anvilModule}'\nconsole.log((await startAnvil()).rpcUrl)\nsetInterval(() => {}, 1000)`
    const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: repository,
    })
    const [line] = await once(parent.stdout.setEncoding('utf8'), 'data')
    const url = String(line).trim()
    expect(await listens(url)).toBe(true)
    parent.kill('SIGKILL')
    // Its pipe closes only when the last process that holds it is gone; anvil's supervisor does not hold it.
    await once(parent, 'close')
    await expect.poll(() => listens(url), { timeout: 60_000, interval: 20 }).toBe(false)
  })

  test('outlives a Ctrl-C, so that its parent can end in order', async () => {
    const anvilModule = new URL('../src/anvil.ts', import.meta.url).href
    const program = `
      import { startAnvil } from '${anvilModule}'
      const anvil = await startAnvil()
      process.once('SIGINT', async () => {
        // One round trip after the other: a signal that reached anvil as well has ended it by then.
        for (let block = 0; block < 20; block++) await anvil.mine()
        await anvil.stop()
        console.log('ended in order')
      })
      const alive = setInterval(() => {}, 1_000)
      process.once('SIGINT', () => clearInterval(alive))
      console.log('ready')`
    const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
      cwd: repository,
    })
    let text = ''
    parent.stdout.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
      // To the whole group, as a terminal does it.
      if (text === 'ready\n') process.kill(-(parent.pid ?? 0), 'SIGINT')
    })
    expect(await once(parent, 'close')).toEqual([0, null])
    expect(text).toBe('ready\nended in order\n')
  })

  test.each(['process', 'process group'])('ends when a test run that hangs is killed, as a %s', async (victim) => {
    const program = `
      import { startVitest } from 'vitest/node'
      await startVitest('test', [], { include: ['harness/devnet/test/support/hanging.ts'], watch: false })`
    const run = spawn(process.execPath, ['--input-type=module', '-e', program], {
      // The workers of the run must not take themselves for those of this one.
      env: { ...process.env, VITEST: undefined, VITEST_WORKER_ID: undefined, VITEST_POOL_ID: undefined },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      cwd: repository,
    })
    const url = await new Promise<string>((resolve, reject) => {
      let text = ''
      for (const stream of [run.stdout, run.stderr]) {
        stream.setEncoding('utf8').on('data', (piece: string) => {
          text += piece
          const found = /anvil (\S+)\s/.exec(text)?.[1]
          if (found !== undefined) resolve(found)
        })
      }
      run.once('close', () => reject(new Error(text)))
    })
    expect(await listens(url)).toBe(true)
    const { pid = 0 } = run
    process.kill(victim === 'process' ? pid : -pid, 'SIGKILL')
    await expect.poll(() => listens(url), { timeout: 60_000, interval: 20 }).toBe(false)
  })

  test('does not keep a program alive that forgets to stop it', async () => {
    const anvilModule = new URL('../src/anvil.ts', import.meta.url).href
    const program = `import { startAnvil } from '${anvilModule}'\nawait startAnvil()`
    const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
      stdio: 'inherit',
      cwd: repository,
    })
    expect(await once(parent, 'exit')).toEqual([0, null])
  })

  test('says why it could not start', async () => {
    await expect(startAnvil({ hardfork: 'nonsense' })).rejects.toMatchObject({
      code: 'ANVIL_START',
      message: expect.stringContaining('Unknown hardfork: nonsense'),
    })
    await expect(startAnvil({ binary: fileURLToPath(superviseScript) })).rejects.toMatchObject({ code: 'ANVIL_START' })
    await expect(startAnvil({ binary: '/nowhere/anvil' })).rejects.toMatchObject({
      code: 'ANVIL_START',
      message: expect.stringContaining('ENOENT'),
    })
  })
})
