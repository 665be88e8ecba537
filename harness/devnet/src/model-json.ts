import type { Json } from './json.ts'
import type { Allocation, Asset, Params, Participant, SignedState, State, SubAlloc } from './model.ts'

// The model's structs out of JSON in which numbers beyond 53 bits are decimal strings. Everything is checked but what
// only a contract would refuse.

export function readParams(json: Json): Params {
  return {
    challengeDuration: json.at('challengeDuration').bigint(),
    nonce: json.at('nonce').bigint(),
    participants: json.at('participants').items().map(readParticipant),
    app: json.at('app').address(),
    ledgerChannel: json.at('ledgerChannel').flag(),
    virtualChannel: json.at('virtualChannel').flag(),
  }
}

export function readState(json: Json): State {
  return {
    channelID: json.at('channelID').hex(),
    version: json.at('version').bigint(),
    outcome: readAllocation(json.at('outcome')),
    appData: json.at('appData').hex(),
    isFinal: json.at('isFinal').flag(),
  }
}

export function readSignedState(json: Json): SignedState {
  return {
    params: readParams(json.at('params')),
    state: readState(json.at('state')),
    sigs: json
      .at('sigs')
      .items()
      .map((sig) => sig.hex()),
  }
}

function readParticipant(json: Json): Participant {
  return { ethAddress: json.at('ethAddress').address(), ccAddress: json.at('ccAddress').hex() }
}

function readAllocation(json: Json): Allocation {
  return {
    assets: json.at('assets').items().map(readAsset),
    backends: readAmounts(json.at('backends')),
    balances: json.at('balances').items().map(readAmounts),
    locked: json.at('locked').items().map(readSubAlloc),
  }
}

function readAsset(json: Json): Asset {
  return {
    chainID: json.at('chainID').bigint(),
    ethHolder: json.at('ethHolder').address(),
    ccHolder: json.at('ccHolder').hex(),
  }
}

function readSubAlloc(json: Json): SubAlloc {
  return {
    ID: json.at('ID').hex(),
    balances: readAmounts(json.at('balances')),
    indexMap: json
      .at('indexMap')
      .items()
      .map((index) => index.number()),
  }
}

function readAmounts(json: Json): readonly bigint[] {
  return json.items().map((amount) => amount.bigint())
}
