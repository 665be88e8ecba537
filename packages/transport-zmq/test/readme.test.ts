import { readFileSync } from 'node:fs'
import { WatcherError } from '@perun-watcher/core'
import { defaultMaxMessageBytes } from '@perun-watcher/protocol/adapter'
import { describe, expect, it } from 'vitest'
import { setup } from '../../core/test/support/setup.ts'
import { encodeFrame, type Frame } from '../src/frames/frames.ts'
import { windowFor } from '../src/frames/window.ts'
import { generateCurveKeys, parseCurvePublicKey, parseCurveSecretKey } from '../src/index.ts'
import { keyBytes } from '../src/security/curve-keys.ts'
import { openProof } from '../src/security/proof.ts'
import { parseServerLimits } from '../src/settings/limits.ts'
import { device, serve } from './support/readme-example.ts'
import { temporaryFolder } from './support/world.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const wire = readFileSync(new URL('../../protocol/docs/wire.md', import.meta.url), 'utf8')
const block = (text: string, language: string): string => text.split(`\`\`\`${language}\n`)[1]?.split('```')[0] ?? ''
/** The section of the page for clients in any language that is about this transport. */
const frames = wire.split('## ZeroMQ, frame by frame\n')[1] ?? ''

describe('README.md', () => {
  it('shows a program that compiles and runs', async () => {
    expect(block(readme, 'ts')).toBe(readFileSync(new URL('./support/readme-example.ts', import.meta.url), 'utf8'))
    await using world = await setup()
    const [watcher, client] = [generateCurveKeys(), generateCurveKeys()]
    const endpoint = `ipc://${await temporaryFolder()}/watcher`
    await using _server = await serve(world.engine, endpoint, watcher, new Set([client.publicKey]))
    const remote = device(endpoint, watcher.publicKey, client)
    await remote.connected()
    await remote.shutdown()
  })

  it('names every limit of the server', () => {
    for (const name of Object.keys(parseServerLimits())) expect(readme).toContain(`\`${name}\``)
  })
})

describe('docs/wire.md of the protocol', () => {
  it('has the bytes of every frame', () => {
    const lines = block(frames, 'text').trimEnd().split('\n')
    const value = Object.fromEntries(lines.map((line) => line.split(/ {2,}/))) as Record<string, string>
    const server = parseCurvePublicKey(value['server public key'])
    const keys = {
      publicKey: parseCurvePublicKey(value['client public key']),
      secretKey: parseCurveSecretKey(value['client secret key']),
    }
    const proof = openProof(keys, server, Buffer.from(value['routing id'] ?? '', 'hex'))
    const window = windowFor(defaultMaxMessageBytes)
    const credentials = Buffer.concat([keyBytes(keys.publicKey), proof])
    const hex = (frame: Frame): string => Buffer.from(encodeFrame(frame)).toString('hex')
    expect(value).toEqual({
      ...value,
      proof: Buffer.from(proof).toString('hex'),
      open: hex({ kind: 'open', version: 1, window, credentials }),
      opened: hex({ kind: 'opened', version: 1, window }),
      'second data ca fe': hex({ kind: 'data', number: 1, message: Buffer.from('cafe', 'hex') }),
      'taken 263168': hex({ kind: 'taken', total: 263_168 }),
      end: hex({ kind: 'end', reason: undefined }),
      'end OVERLOADED': hex({ kind: 'end', reason: new WatcherError('OVERLOADED', 'Too many.') }),
    })
    expect(Object.keys(value)).toHaveLength(11)
  })
})
