import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { setup } from '../../core/test/support/setup.ts'
import { generateTlsKeys, publicKeyHashOf } from '../src/index.ts'
import { parseServerLimits } from '../src/settings/limits.ts'
import { metadataKeys } from '../src/stream/metadata-keys.ts'
import { connectPath } from '../src/stream/method.ts'
import { device, serve } from './support/readme-example.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const block = (language: string): string => readme.split(`\`\`\`${language}\n`)[1]?.split('```')[0] ?? ''

/** A port that nobody listens on now. */
async function freeAddress(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (typeof address !== 'object' || address === null) throw new Error('no address')
  return `127.0.0.1:${address.port}`
}

describe('README.md', () => {
  it('shows a program that compiles and runs', async () => {
    expect(block('ts')).toBe(readFileSync(new URL('./support/readme-example.ts', import.meta.url), 'utf8'))
    await using world = await setup()
    const [watcher, client] = [generateTlsKeys(), generateTlsKeys()]
    const address = await freeAddress()
    const clients = new Set([publicKeyHashOf(client.certificate)])
    await using _server = await serve(world.engine, address, watcher, clients)
    const remote = device(address, publicKeyHashOf(watcher.certificate), client)
    await remote.connected()
    await remote.shutdown()
  })

  it('names every limit of the server, and everything that clients in other languages need', () => {
    for (const name of Object.keys(parseServerLimits())) expect(readme).toContain(`\`${name}\``)
    for (const key of Object.values(metadataKeys)) expect(readme).toContain(`\`${key}`)
    expect(readme).toContain(connectPath.slice(1))
  })
})
