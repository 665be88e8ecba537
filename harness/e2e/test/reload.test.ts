import { writeFile } from 'node:fs/promises'
import { Refused } from '@perun-watcher/harness-kit/child'
import { type CurveKeys, generateCurveKeys } from '@perun-watcher/transport-zmq'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Daemon } from '../src/world/daemon.ts'
import { startTestbed, type Testbed } from '../src/world/testbed.ts'
import { until } from '../src/world/until.ts'

let testbed: Testbed
beforeAll(async () => {
  testbed = await startTestbed()
})
afterAll(() => testbed?.[Symbol.asyncDispose]())

interface Enrolment {
  readonly daemon: Daemon
  readonly settings: Parameters<Testbed['startDaemon']>[0]
  list(...clients: readonly CurveKeys[]): Promise<void>
}

/** A daemon to which only those may connect that are in a file, which is empty. */
async function startListed(): Promise<Enrolment> {
  const file = `${testbed.programs.newFolder()}-clients`
  const list: Enrolment['list'] = (...clients) =>
    writeFile(file, clients.map(({ publicKey }) => `${publicKey}\n`).join(''))
  await list()
  const settings = { listen: { enrolment: '"listed"', clients_file: JSON.stringify(file) } }
  return { daemon: await testbed.startDaemon(settings), settings, list }
}

const refused = { code: 'CONNECTION_REFUSED' }

describe('the list of clients', () => {
  it('lets a device in, sends one away and goes on guarding what it watches, all without a restart', async () => {
    const { daemon, list } = await startListed()
    await using _daemon = daemon
    const { pid } = await daemon.status()
    const [kept, dropped] = [testbed.chain.openChannel(), testbed.chain.openChannel()]
    const [one, two] = [generateCurveKeys(), generateCurveKeys()]
    await using first = testbed.startDevice(daemon, one)
    await expect(first.connected()).rejects.toMatchObject(refused)

    await list(one, two)
    const { code, out } = await daemon.command('reload')
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringMatching(/^2 clients may connect\.\n/) })
    expect(out).toContain(`added curve:${two.publicKey}`)
    await using second = testbed.startDevice(daemon, two)
    // It was not started again: it goes on asking.
    await first.watch(kept, 0n)
    await second.watch(dropped, 0n)
    await second.publish(dropped, 3n)

    await list(one)
    expect(JSON.parse((await daemon.command('reload', '--json')).out)).toEqual({
      clients: 1,
      added: [],
      removed: [`curve:${two.publicKey}`],
      connectionsEnded: 1,
      needsRestart: [],
    })
    await until('a refusal', async () => {
      const outcome = await second.connected().catch((error: unknown) => error)
      return (outcome instanceof Refused && outcome.code === refused.code) || undefined
    })
    await first.publish(kept, 1n)
    await dropped.cheat(1n)
    await dropped.defended(3n)
    expect((await daemon.status()).pid).toBe(pid)
  })

  it('is read again at SIGHUP; a mistake changes nothing, and other settings wait for a restart', async () => {
    const { daemon, settings, list } = await startListed()
    await using _daemon = daemon
    const keys = generateCurveKeys()
    await list(keys)
    await daemon.configure({ ...settings, chain: { poll_intervall: '"1s"' } })
    expect(await daemon.command('reload', '--data-directory', daemon.data)).toMatchObject({
      code: 78,
      out: '',
      err: expect.stringContaining('Did you mean chain.poll_interval?'),
    })
    await using device = testbed.startDevice(daemon, keys)
    await expect(device.connected()).rejects.toMatchObject(refused)

    await daemon.configure({ ...settings, chain: { poll_interval: '"1s"' } })
    daemon.hangUp()
    await until(
      'a log of what needs a restart',
      () => /"settings":"chain\.poll_interval"/.test(daemon.log.tail) || undefined,
    )
    await device.watch(testbed.chain.openChannel(), 0n)
  })
})
