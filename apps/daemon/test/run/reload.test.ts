import { writeFileSync } from 'node:fs'
import type { Logger } from '@perun-watcher/core'
import { silentLogger } from '@perun-watcher/core/adapter'
import { expect, test } from 'vitest'
import { type ConfigSources, loadConfig } from '../../src/config/load.ts'
import type { ReloadTarget } from '../../src/run/reload.ts'
import { reloader } from '../../src/run/reloader.ts'
import { type Folder, temporaryFolder } from '../support/run-main.ts'

const [ann, ben] = ['a'.repeat(40), 'b'.repeat(40)]
const [annName, benName] = [`curve:${ann}`, `curve:${ben}`]

const complete = `[chain]
rpc = ["https://node.example/secret-key"]
id = 1
adjudicator = "0x${'1'.repeat(40)}"
[account]
key_file = "account.key"
`

type Write = (listen: string, before?: string) => void

interface World {
  readonly write: Write
  readonly sources: ConfigSources
  readonly target: ReloadTarget
  /** Every list that was put in force. */
  readonly lists: unknown[]
  readonly logged: string[]
}

/** @param listen what is in that section at startup. */
async function world(folder: Folder, listen = `clients = ['${ann}']`): Promise<World> {
  const file = folder.in('config.toml')
  const write: Write = (listen, before = complete) => writeFileSync(file, `${before}[listen]\n${listen}\n`)
  write(listen)
  const sources = { file, env: {}, flags: new Map() }
  const lists: unknown[] = []
  const logged: string[] = []
  const log: Logger['warn'] = (message, fields, error) =>
    void logged.push([message, JSON.stringify(fields), String(error ?? '')].join(' '))
  const target: ReloadTarget = {
    inForce: (await loadConfig(sources)).config,
    async changeClients({ listed, tokens }) {
      lists.push([...(listed ?? []), ...tokens.keys()])
      return { added: [], removed: [], connectionsEnded: 0 }
    },
    logger: { ...silentLogger, info: log, warn: log, error: log },
  }
  return { write, sources, target, lists, logged }
}

test('the list and the file of clients are put in force, and nothing else is said to have changed', async () => {
  using folder = temporaryFolder()
  const { write, sources, target, lists } = await world(folder)
  const reloads = reloader(sources)
  reloads.attach(target)
  writeFileSync(folder.in('clients'), `${ben}\n`)
  write(`clients = ['${ann}']\nclients_file = "${folder.in('clients')}"`)
  expect(await reloads.reload()).toMatchObject({ clients: 2, needsRestart: [] })
  expect(lists).toEqual([[annName, benName]])
})

test('tokens are read again; whether there are any at all is for the next start', async () => {
  using folder = temporaryFolder()
  const [old, next] = [folder.in('tokens'), folder.in('others')]
  writeFileSync(old, `tess ${'0'.repeat(64)}\n`)
  writeFileSync(next, `tess ${'1'.repeat(64)}\ntom ${'2'.repeat(64)}\n`)
  const grpc = 'grpc_addresses = ["127.0.0.1:0"]'
  const withTokens = (path: string): string => `${grpc}\ngrpc_tokens_file = "${path}"`
  const { write, sources, target, lists } = await world(folder, withTokens(old))
  const reloads = reloader(sources)
  reloads.attach(target)
  write(withTokens(next))
  expect(await reloads.reload()).toMatchObject({ clients: 2, needsRestart: [] })
  write(grpc)
  expect(await reloads.reload()).toMatchObject({ clients: 0, needsRestart: ['listen.grpc_tokens_file'] })
  expect(lists).toEqual([['token:tess', 'token:tom'], []])

  const without = await world(folder, grpc)
  const others = reloader(without.sources)
  others.attach(without.target)
  without.write(withTokens(next))
  expect(await others.reload()).toMatchObject({ clients: 0, needsRestart: ['listen.grpc_tokens_file'] })
})

test('whatever else has changed is named without its value, and the list is put in force nevertheless', async () => {
  using folder = temporaryFolder()
  const { write, sources, target, lists, logged } = await world(folder)
  const reloads = reloader(sources)
  reloads.attach(target)
  write(
    `clients = ['${ben}']\nenrolment = "open"`,
    complete.replace('secret-key', 'other-key').replace('id = 1', 'id = 5'),
  )
  const needsRestart = ['chain.rpc', 'chain.id', 'listen.enrolment']
  expect(await reloads.reload()).toMatchObject({ clients: 1, needsRestart })
  expect(lists).toEqual([[benName]])
  expect(logged.join('\n')).toContain(needsRestart.join(' '))
  expect(logged.join('\n')).not.toContain('other-key')
})

test.each<[string, (write: Write, folder: Folder) => void, RegExp]>([
  ['a key that is none', (write) => write(`clients = ['${ben}', 'short']`), /listen.clients must be/],
  ['no TOML', (write) => write('clients = ['), /is not valid TOML/],
  ['a setting that is none', (write) => write(`clients = ['${ben}']\nclient = 1`), /Did you mean listen.clients/],
  ['a mistake elsewhere', (write) => write(`clients = ['${ben}']\n[log]\nlevel = "loud"`), /log.level must be/],
  ['a setting that is missing', (write) => write(`clients = ['${ben}']`, ''), /No JSON-RPC endpoint/],
  ['a file that is not there', (write, folder) => write(`clients_file = "${folder.in('nothing')}"`), /ENOENT/],
])('with %s nothing changes, and the log and the answer say why', async (_, spoil, why) => {
  using folder = temporaryFolder()
  const { write, sources, target, lists, logged } = await world(folder)
  const reloads = reloader(sources)
  reloads.attach(target)
  spoil(write, folder)
  await expect(reloads.reload()).rejects.toThrow(why)
  await expect(reloads.reload()).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  expect(lists).toEqual([])
  expect(logged[0]).toMatch(why)
})

test('too early, a command is refused, and a signal is heeded once there is something to change', async () => {
  using folder = temporaryFolder()
  const { sources, target, lists } = await world(folder)
  const reloads = reloader(sources)
  await expect(reloads.reload()).rejects.toMatchObject({ code: 'OVERLOADED', retryable: true })
  reloads.request()
  reloads.attach(target)
  // One after the other: this one waits for the one that the signal asked for.
  await reloads.reload()
  expect(lists).toEqual([[annName], [annName]])
})
