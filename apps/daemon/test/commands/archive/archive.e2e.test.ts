import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { parseLedgerId } from '@perun-watcher/core'
import { lmdbStore } from '@perun-watcher/store-lmdb'
import { describe, expect, it } from 'vitest'
import { alice, channelOf, create, held } from '../../../../../packages/store-lmdb/test/support/channels.ts'
import { configSchema } from '../../../src/config/schema.ts'
import { loadAccounts } from '../../../src/keys/accounts.ts'
import { runMain, temporaryFolder } from '../../support/run-main.ts'

const ledger = parseLedgerId('eip155:31337:0x1111111111111111111111111111111111111111:v1')
const mailbox = { lastSequence: 9n, events: [] }

/** A data directory whose store holds three channels. */
async function fillData(directory: string): Promise<void> {
  await using store = lmdbStore({ path: `${directory}/store` })
  mkdirSync(directory, { recursive: true })
  await store.open([ledger])
  await store.bind(ledger)
  await store.commit([0, 1, 2].map((number) => create(channelOf(number), 5n)))
  await store.commit([
    { type: 'putKept', id: channelOf(1).id, line: 0, held: held(channelOf(1), 4n) },
    { type: 'putMailbox', id: channelOf(1).id, client: alice, mailbox },
    { type: 'putCursor', ledger, blockNumber: 77n },
  ])
}

const at = (directory: string): readonly string[] => ['--data-directory', directory]

describe('backup and restore without a daemon', () => {
  it('give the same store again, and tell its channels and how far it had read', async () => {
    using folder = temporaryFolder()
    await fillData(folder.in('data'))
    const backup = await runMain(['backup', folder.in('backup'), '--json', ...at(folder.in('data'))])
    expect(backup).toMatchObject({ code: 0, err: '' })
    expect(JSON.parse(backup.out)).toMatchObject({
      path: folder.in('backup'),
      ledgers: [{ ledgerId: ledger, cursor: '77' }],
      channels: 3,
      kept: 1,
      mailboxes: 1,
      damaged: 0,
    })
    const restore = await runMain(['restore', folder.in('backup'), ...at(folder.in('new'))])
    expect(restore).toMatchObject({ code: 0 })
    expect(restore.out).toContain('3 channels, 1 mailboxes')
    expect(restore.out).toContain(`${ledger}, newest final block read: 77`)
    expect(restore.out).toContain('have clients start their watches again')
    await using store = lmdbStore({ path: folder.in('new/store') })
    await store.open([ledger])
    expect((await store.load(channelOf(2).id))?.newest).toEqual(held(channelOf(2), 5n))
  })

  it('overwrite nothing', async () => {
    using folder = temporaryFolder()
    await fillData(folder.in('data'))
    await runMain(['backup', folder.in('backup'), ...at(folder.in('data'))])
    const before = readdirSync(folder.path, { recursive: true }).toSorted()
    for (const command of ['backup', 'restore', 'import']) {
      const { code, out, err } = await runMain([command, folder.in('backup'), ...at(folder.in('data'))])
      expect({ code, out }).toEqual({ code: 1, out: '' })
      expect(err).toContain('Code: STORE_NOT_EMPTY')
    }
    expect(readdirSync(folder.path, { recursive: true }).toSorted()).toEqual(before)
  })

  it('refuse what is no store', async () => {
    using folder = temporaryFolder()
    for (const args of [
      ['backup', folder.in('backup')],
      ['restore', folder.in('nothing')],
      ['verify'],
      ['export', folder.in('lines')],
      ['channels'],
    ]) {
      const { code, err } = await runMain([...args, ...at(folder.in('data'))])
      expect(code).toBe(1)
      expect(err).toContain('Code: STORE_NOT_A_STORE')
    }
  })

  it('tell what is damaged, by exit code too, and rescue the rest', async () => {
    using folder = temporaryFolder()
    await fillData(folder.in('data'))
    const file = folder.in('data/store/data.mdb')
    const data = readFileSync(file)
    const needle = Buffer.from((held(channelOf(0), 5n).sigs[0] ?? '').slice(2), 'hex')
    for (let found = data.indexOf(needle); found >= 0; found = data.indexOf(needle, found + 1))
      data[found + 5] = (data[found + 5] ?? 0) ^ 0xff
    writeFileSync(file, data)
    const verify = await runMain(['verify', ...at(folder.in('data'))])
    expect(verify.code).toBe(1)
    expect(verify.out).toContain(`1 entries are damaged:\n    ${channelOf(0).id}`)
    const rescue = await runMain(['rescue', folder.in('data/store'), folder.in('rescued')])
    expect(rescue.code).toBe(0)
    expect(rescue.out).toContain('2 channels')
    expect(rescue.out).toContain(`Incomplete: channel ${channelOf(0).id}`)
  })
})

describe('export and import', () => {
  it('carry everything over, in a file that only its owner may read', async () => {
    using folder = temporaryFolder()
    await fillData(folder.in('data'))
    const exported = await runMain(['export', folder.in('lines'), '--json', ...at(folder.in('data'))])
    expect(JSON.parse(exported.out)).toEqual({ path: folder.in('lines'), items: 5 })
    expect(statSync(folder.in('lines')).mode & 0o777).toBe(0o600)
    const imported = await runMain(['import', folder.in('lines'), ...at(folder.in('new'))])
    expect(imported).toMatchObject({ code: 0 })
    expect(imported.out).toContain('3 channels, 1 mailboxes')
    const again = await runMain(['export', folder.in('again'), '--from', folder.in('new/store')])
    expect(again.code).toBe(0)
    expect(readFileSync(folder.in('again'), 'utf8')).toBe(readFileSync(folder.in('lines'), 'utf8'))
  })

  it('refuses a store that somebody writes to, and says how to get around that', async () => {
    using folder = temporaryFolder()
    await fillData(folder.in('data'))
    await using store = lmdbStore({ path: folder.in('data/store') })
    await store.open([ledger])
    const { code, err } = await runMain(['export', folder.in('lines'), ...at(folder.in('data'))])
    expect(code).toBe(75)
    expect(err).toContain('perun-watcher export --from <backup>')
    expect(err).toContain('Code: STORE_LOCKED')
    expect(existsSync(folder.in('lines'))).toBe(false)
    await store.backup(folder.in('backup'))
    expect((await runMain(['export', folder.in('lines'), '--from', folder.in('backup')])).code).toBe(0)
  })

  it.each([
    ['cut off', (text: string) => text.slice(0, text.length / 2)],
    ['without its end', (text: string) => text.split('\n').slice(0, -2).join('\n')],
    ['empty', () => ''],
    ['no export', () => '\u0000garbage\n'],
  ])('leaves no store behind where the export is %s', async (_, spoil) => {
    using folder = temporaryFolder()
    await fillData(folder.in('data'))
    await runMain(['export', folder.in('lines'), ...at(folder.in('data'))])
    writeFileSync(folder.in('bad'), spoil(readFileSync(folder.in('lines'), 'utf8')))
    const { code, err } = await runMain(['import', folder.in('bad'), ...at(folder.in('new'))])
    expect(code).toBe(1)
    expect(err).toContain('Code: EXPORT_INVALID')
    expect(readdirSync(folder.in('new'))).toEqual([])
  })
})

describe('channels without a daemon', () => {
  it('lists the store in pages, in the order of ids', async () => {
    using folder = temporaryFolder()
    await fillData(folder.in('data'))
    const ids = [0, 1, 2].map((number) => channelOf(number).id).toSorted()
    const first = await runMain(['channels', '--json', '--limit', '2', ...at(folder.in('data'))])
    expect(first.err).toContain('No daemon is running')
    const lines = first.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.map(({ id }) => id)).toEqual([ids[0], ids[1], undefined])
    expect(lines.at(-1)).toEqual({ type: 'end', matching: 3, next: ids[1] })
    const second = await runMain(['channels', '--after', ids[1] ?? '', ...at(folder.in('data'))])
    expect(second.out).toContain(ids[2])
    expect(second.out).toContain('1 channels.')
    expect((await runMain(['channels', '--client', 'bob', ...at(folder.in('data'))])).out).toBe('0 channels.\n')
    expect((await runMain(['channels', '--id', ids[0] ?? '', ...at(folder.in('data'))])).out).toContain('1 channels.')
  })
})

describe('keygen', () => {
  it('makes keys in files of their owner, prints public parts only, and overwrites nothing', async () => {
    using folder = temporaryFolder()
    writeFileSync(folder.in('password'), 'correct horse\n', { mode: 0o600 })
    const requests: readonly (readonly [file: string, ...args: readonly string[]])[] = [
      ['device.key', 'device', folder.in('device.key')],
      ['data/curve.key', 'server'],
      ['device.pem', 'tls-device', folder.in('device.pem')],
      ['data/tls.pem', 'tls-server', '--host', 'watcher.example', '127.0.0.1'],
      ['ann.token', 'token', folder.in('ann.token'), '--client', 'ann'],
      ['data/receipt.key', 'receipts'],
      ['keystore.json', 'account', folder.in('keystore.json'), '--password-file', folder.in('password')],
    ]
    for (const [file, ...args] of requests) {
      const made = await runMain(['keygen', ...args, ...at(folder.in('data'))])
      expect(made).toMatchObject({ code: 0, err: '' })
      const text = readFileSync(folder.in(file), 'utf8')
      expect(statSync(folder.in(file)).mode & 0o777).toBe(0o600)
      const secret =
        /secret = '(.*)'|PRIVATE KEY-----\n(.{40})/.exec(text)?.find((part, index) => index > 0 && part) ?? text
      expect(made.out).not.toContain(secret)
      const again = await runMain(['keygen', ...args, '--json', ...at(folder.in('data'))])
      expect(again.out).toBe('')
      expect(again.err).toContain('Code: OPTION_INVALID')
      expect(readFileSync(folder.in(file), 'utf8')).toBe(text)
    }
  })

  it('makes an account that opens with its password', async () => {
    using folder = temporaryFolder()
    writeFileSync(folder.in('password'), 'correct horse\n', { mode: 0o600 })
    const args = ['keygen', 'account', folder.in('keystore.json'), '--password-file', folder.in('password'), '--json']
    const { public: address } = JSON.parse((await runMain(args)).out)
    const { account } = configSchema.parse({
      ...Object.fromEntries(Object.keys(configSchema.shape).map((section) => [section, {}])),
      account: { keystore_file: folder.in('keystore.json'), password_file: folder.in('password') },
    })
    expect(await loadAccounts(account)).toMatchObject([{ address: String(address).toLowerCase() }])
  })

  it.each([
    [['device'], 'The file to write is missing'],
    [['account', 'x.json'], 'An account needs a password'],
    [['tls-device'], 'perun-watcher keygen tls-device device.pem'],
    [['token', 'x.token'], 'A token needs the name of its client'],
    [['token', 'x.token', '--client', 'a name'], 'Got "a name"'],
    [['tls-server', 'x.pem', '--host', 'no host'], 'Got "no host"'],
  ])('%j is refused, with what is missing', async (args, message) => {
    const { code, err } = await runMain(['keygen', ...args])
    expect(code).not.toBe(0)
    expect(err).toContain(message)
  })
})
