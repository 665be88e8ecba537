import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Device } from '../src/device/device.ts'
import type { Daemon } from '../src/world/daemon.ts'
import type { TestChannel } from '../src/world/test-chain.ts'
import { startTestbed, type Testbed } from '../src/world/testbed.ts'
import { until } from '../src/world/until.ts'

let testbed: Testbed
beforeAll(async () => {
  testbed = await startTestbed()
})
afterEach(() => testbed.chain.resume())
afterAll(() => testbed?.[Symbol.asyncDispose]())

interface Guarded extends AsyncDisposable {
  readonly daemon: Daemon
  readonly device: Device
  /** Has an open dispute that no block lets anybody answer. */
  readonly cheated: TestChannel
  readonly quiet: TestChannel
}

/** A daemon in the middle of its work. */
async function amidDispute(): Promise<Guarded> {
  const daemon = await testbed.startDaemon()
  const device = testbed.startDevice(daemon)
  const [cheated, quiet] = [testbed.chain.openChannel(), testbed.chain.openChannel()]
  await device.watch(cheated, 0n)
  await device.watch(quiet, 0n)
  await device.publish(cheated, 5n)
  await device.publish(quiet, 2n)
  await testbed.chain.pause()
  await cheated.cheat(1n)
  await until('an open dispute', async () => ((await daemon.status()).disputes.length === 1 ? true : undefined))
  return {
    daemon,
    device,
    cheated,
    quiet,
    async [Symbol.asyncDispose]() {
      await device.kill()
      await daemon[Symbol.asyncDispose]()
    },
  }
}

/** A folder for another daemon that clients take for the first: keys are no part of a backup. */
async function folderWithKeysOf(daemon: Daemon): Promise<string> {
  const folder = testbed.programs.newFolder()
  await mkdir(join(folder, 'data'), { recursive: true, mode: 0o700 })
  for (const key of ['curve.key', 'receipt.key']) await copyFile(join(daemon.data, key), join(folder, 'data', key))
  return folder
}

const lines = (text: string): readonly unknown[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

describe('an operator', { timeout: 300_000 }, () => {
  it('sees the dispute and how it ends, in words, as data, and live', async () => {
    await using guarded = await amidDispute()
    const { daemon, cheated, quiet } = guarded
    const status = await daemon.command('status')
    expect(status).toMatchObject({ code: 0, err: '' })
    for (const part of ['✓ ready', 'running', 'channels  2', 'clients   1 connected', daemon.publicKey, 'disputes  1'])
      expect(status.out).toContain(part)
    expect(status.out).toMatch(new RegExp(`${cheated.id}  ours 5, on the chain 1  1 d .* left`))
    const data = JSON.parse((await daemon.command('status', '--json')).out)
    expect(data).toMatchObject({
      phase: 'running',
      channels: 2,
      disputes: [{ channel: cheated.id, version: '5', registeredVersion: '1' }],
    })
    const disputed = await daemon.command('channels', '--disputed', '--json')
    expect(lines(disputed.out)).toMatchObject([
      { type: 'channel', id: cheated.id, isDisputed: true },
      { type: 'end', matching: 1 },
    ])
    expect((await daemon.command('channels')).out).toContain(quiet.id)

    using view = daemon.view('status', '--watch')
    await view.shown(/disputes {2}1\n/)
    await testbed.chain.resume()
    await view.shown(/disputes {2}0\n/)
    expect((await view.interrupt()).code).toBe(130)
    expect(await cheated.registered()).toBe(5n)

    await daemon.kill()
    expect(await daemon.command('status')).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/^No daemon/) })
  })

  it('restores a backup of the middle of a dispute, which the new daemon finishes, and clients go on', async () => {
    await using guarded = await amidDispute()
    const { daemon, device, cheated, quiet } = guarded
    const backup = testbed.programs.newFolder()
    expect(await daemon.command('backup', backup)).toMatchObject({
      code: 0,
      out: expect.stringContaining('2 channels'),
    })
    await device.publish(quiet, 3n)
    await daemon.kill()

    const folder = await folderWithKeysOf(daemon)
    const restored = await daemon.command('restore', backup, '--data-directory', join(folder, 'data'))
    expect(restored).toMatchObject({ code: 0, out: expect.stringContaining('start their watches again') })
    await using next = await testbed.startDaemon({}, folder)
    expect(next.publicKey).toBe(daemon.publicKey)
    await testbed.chain.resume()
    await cheated.defended(5n)
    // The backup is older than what was acknowledged last: the client brings it along.
    await using again = testbed.startDevice(next, device.keys)
    await again.watch(quiet, 3n)
    await quiet.cheat(2n)
    await quiet.defended(3n)
  })

  it('moves what is guarded as lines of JSON, also out of the middle of a dispute', async () => {
    await using guarded = await amidDispute()
    const { daemon, cheated, quiet } = guarded
    const [backup, file] = [testbed.programs.newFolder(), `${testbed.programs.newFolder()}.jsonl`]
    expect(await daemon.command('export', file)).toMatchObject({
      code: 75,
      err: expect.stringContaining('perun-watcher export --from <backup>'),
    })
    expect((await daemon.command('backup', backup)).code).toBe(0)
    expect((await daemon.command('export', file, '--from', backup)).code).toBe(0)
    await daemon.kill()

    const folder = await folderWithKeysOf(daemon)
    expect(await daemon.command('import', file, '--data-directory', join(folder, 'data'))).toMatchObject({
      code: 0,
      out: expect.stringContaining('2 channels'),
    })
    await using _next = await testbed.startDaemon({}, folder)
    await testbed.chain.resume()
    await cheated.defended(5n)
    await quiet.cheat(1n)
    await quiet.defended(2n)
  })

  it('may stop reading the log: the daemon goes on guarding, and still ends in order', async () => {
    await using guarded = await amidDispute()
    const { daemon, cheated } = guarded
    daemon.leaveUnread()
    await testbed.chain.resume()
    await cheated.defended(5n)
    daemon.terminate()
    expect(await daemon.ended).toEqual({ code: 0, signal: null })
  })
})
