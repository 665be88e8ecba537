import { readFileSync } from 'node:fs'
import type { Address, Hex } from 'viem'
import { type Json, parseJson } from './json.ts'
import type { Params, SignedState, State } from './model.ts'
import { readParams, readSignedState, readState } from './model-json.ts'
import { vectorsFile } from './sources.ts'

/** What Perun's own adjudicator of generation v1 answered, recorded once on anvil with chain id 31337. */
export interface Vectors {
  /** What it was recorded from. */
  readonly source: string
  /** Named in assets and params, hence covered by the signatures; a devnet's contracts have the same addresses. */
  readonly contracts: { readonly assetHolder: Address; readonly app: Address }
  /** The participants' private keys. */
  readonly keys: readonly Hex[]
  readonly channelIds: readonly { readonly params: Params; readonly channelID: Hex }[]
  readonly stateHashes: readonly StateHash[]
  readonly signatures: readonly SignatureCase[]
  readonly scenarios: readonly Scenario[]
}

export interface StateHash {
  readonly state: State
  /** Bytes of the encoded state that was hashed. */
  readonly encodedLength: number
  readonly stateHash: Hex
}

/** Signatures in many forms, and whether `register` takes them. */
export interface SignatureCase extends SignedState {
  readonly name: string
  readonly accepted: boolean
}

/** Calls on a fresh adjudicator, each in a block of its own. */
export interface Scenario {
  readonly name: string
  readonly steps: readonly Step[]
}

/** One call, made by anybody, with a gas limit of 8 000 000. */
export type Step = StepCall & {
  /** The block's time, in seconds after the scenario's start. */
  readonly at: number
  readonly expect: Expectation
}

export type StepCall =
  | { readonly call: 'register'; readonly args: readonly [SignedState, readonly SignedState[]] }
  | { readonly call: 'progress'; readonly args: readonly [Params, State, State, bigint, Hex] }
  | { readonly call: 'conclude'; readonly args: readonly [Params, State, readonly State[]] }
  | { readonly call: 'concludeFinal'; readonly args: readonly [Params, State, readonly Hex[]] }

export type Expectation =
  | { readonly ok: true; readonly gasUsed: bigint; readonly events: readonly ExpectedUpdate[] }
  | { readonly ok: false; readonly revert: string }

export interface ExpectedUpdate {
  readonly channelID: Hex
  readonly version: bigint
  readonly phase: number
  /** In seconds after the scenario's start. */
  readonly timeout: bigint
}

/** Reads the recording that comes with this package. */
export function loadVectors(): Vectors {
  const json = parseJson(readFileSync(vectorsFile, 'utf8'), 'vectors.json')
  const contracts = json.at('contracts')
  return {
    source: json.at('source').text(),
    contracts: { assetHolder: contracts.at('assetHolder').address(), app: contracts.at('app').address() },
    keys: json
      .at('keys')
      .items()
      .map((key) => key.hex()),
    channelIds: json
      .at('channelIds')
      .items()
      .map((item) => ({
        params: readParams(item.at('params')),
        channelID: item.at('channelID').hex(),
      })),
    stateHashes: json
      .at('stateHashes')
      .items()
      .map((item) => ({
        state: readState(item.at('state')),
        encodedLength: item.at('encodedLength').number(),
        stateHash: item.at('stateHash').hex(),
      })),
    signatures: json
      .at('signatures')
      .items()
      .map((item) => ({
        ...readSignedState(item),
        name: item.at('name').text(),
        accepted: item.at('accepted').flag(),
      })),
    scenarios: json
      .at('scenarios')
      .items()
      .map((item) => ({
        name: item.at('name').text(),
        steps: item.at('steps').items().map(readStep),
      })),
  }
}

function readStep(json: Json): Step {
  return { ...readCall(json), at: json.at('at').number(), expect: readExpectation(json.at('expect')) }
}

function readCall(json: Json): StepCall {
  const call = json.at('call')
  const args = json.at('args')
  switch (call.text()) {
    case 'register':
      return { call: 'register', args: [readSignedState(args.item(0)), args.item(1).items().map(readSignedState)] }
    case 'progress':
      return {
        call: 'progress',
        args: [
          readParams(args.item(0)),
          readState(args.item(1)),
          readState(args.item(2)),
          args.item(3).bigint(),
          args.item(4).hex(),
        ],
      }
    case 'conclude':
      return {
        call: 'conclude',
        args: [readParams(args.item(0)), readState(args.item(1)), args.item(2).items().map(readState)],
      }
    case 'concludeFinal':
      return {
        call: 'concludeFinal',
        args: [
          readParams(args.item(0)),
          readState(args.item(1)),
          args
            .item(2)
            .items()
            .map((sig) => sig.hex()),
        ],
      }
    default:
      return call.fail('a call of the adjudicator')
  }
}

function readExpectation(json: Json): Expectation {
  if (!json.at('ok').flag()) return { ok: false, revert: json.at('revert').text() }
  const events = json
    .at('events')
    .items()
    .map((event) => ({
      channelID: event.at('channelID').hex(),
      version: event.at('version').bigint(),
      phase: event.at('phase').number(),
      timeout: BigInt(event.at('timeout').number()),
    }))
  return { ok: true, gasUsed: json.at('gasUsed').bigint(), events }
}
