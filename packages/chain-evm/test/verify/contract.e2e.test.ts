import { isDeepStrictEqual } from 'node:util'
import { isWatcherError, parseSignature, type Signature, type SignedState } from '@perun-watcher/core'
import { type Actor, createActor, type Devnet, devKey, openChannel, startDevnet } from '@perun-watcher/devnet'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signedStateFromAbi } from '../../src/index.ts'
import { v1, verifySignedState } from '../../src/internal.ts'
import { compact, cut, extend, flipBit, made, withHighS, withPlainParity, withV } from './forms.ts'

let devnet: Devnet
let actors: readonly Actor[]

beforeAll(async () => {
  devnet = await startDevnet()
  actors = await Promise.all([1, 2].map((index) => createActor(devnet, devKey(index))))
})

afterAll(() => devnet.stop())

async function signedState(): Promise<SignedState> {
  const channel = openChannel(devnet, { actors, balances: [10n, 20n], challengeDuration: 60n })
  return signedStateFromAbi(await channel.signed(channel.state(1n)))
}

async function contractTakes(signed: SignedState): Promise<boolean> {
  const { client, contracts } = devnet
  const call = { to: contracts.adjudicator, data: v1.encodeRegister(signed, []) }
  return await client.call(call).then(
    () => true,
    () => false,
  )
}

/** The state as it came out of the check. */
function tryVerify(signed: SignedState): SignedState | undefined {
  try {
    const { state, sigs } = verifySignedState(signed)
    return { params: signed.params, state, sigs }
  } catch (error) {
    if (isWatcherError(error)) return undefined
    throw error
  }
}

const forms: readonly [string, (signature: Signature) => Signature][] = [
  ['as it was made', (signature) => signature],
  ['compact', compact],
  ['v 0 or 1', withPlainParity],
  ['high s', withHighS],
  ['high s and v 0 or 1', (signature) => withPlainParity(withHighS(signature))],
  ['without v', (signature) => cut(signature, 64)],
  ['with high s and without v', (signature) => cut(withHighS(signature), 64)],
  ['v 29', (signature) => withV(signature, 29)],
  ['too long', extend],
  ['too short', (signature) => cut(signature, 63)],
  ['empty', () => parseSignature('0x')],
  ['zeros', () => made(0n, 0n, 27)],
  ...[3, 260, 300, 513, 514].map((bit): [string, (signature: Signature) => Signature] => [
    `bit ${bit} flipped`,
    (signature) => flipBit(signature, bit),
  ]),
]

describe('verification and the contract on a chain agree', () => {
  it.each(forms)('about a signature %s', async (_, form) => {
    // Several channels, because whether bits happen to be set changes what some forms mean.
    for (let round = 0; round < 6; round++) {
      const honest = await signedState()
      const [first, second] = honest.sigs
      if (!first || !second) throw new Error('two participants sign')
      const signed = { ...honest, sigs: round % 2 === 0 ? [form(first), second] : [first, form(second)] }
      const verified = tryVerify(signed)
      expect(await contractTakes(signed)).toBe(isDeepStrictEqual(verified, signed))
      if (verified !== undefined) expect(await contractTakes(verified)).toBe(true)
    }
  })

  it('about what makes a state of a channel', async () => {
    const honest = await signedState()
    const { params, state, sigs } = honest
    const others = [
      { ...honest, params: { ...params, nonce: params.nonce + 1n } },
      { ...honest, params: { ...params, challengeDuration: params.challengeDuration + 2n ** 64n } },
      { ...honest, state: { ...state, version: state.version + 1n } },
      { ...honest, sigs: sigs.slice(1) },
      { ...honest, sigs: [...sigs, ...sigs] },
    ]
    expect(await contractTakes(honest)).toBe(true)
    for (const other of others) {
      expect(tryVerify(other)).toBeUndefined()
      expect(await contractTakes(other)).toBe(false)
    }
  })
})
