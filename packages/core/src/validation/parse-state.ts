import type {
  Allocation,
  Asset,
  Params,
  Participant,
  SignedState,
  State,
  SubAlloc,
  Transaction,
} from '../model/channel.ts'
import { limits, parseBoolean, parseFields, parseList, parseUint64, parseUint256 } from './parse-fields.ts'
import { malformed, parseBytes, parseChannelId, parseSignature } from './parse-hex.ts'

const maxIndex = 65_535

export function parseIndex(value: unknown, path: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > maxIndex) {
    throw malformed(path, `a whole number from 0 to ${maxIndex}`, value)
  }
  return value
}

function parseBoundedBytes(value: unknown, path: string, maxBytes: number): ReturnType<typeof parseBytes> {
  const bytes = parseBytes(value, path)
  const length = (bytes.length - 2) / 2
  if (length > maxBytes) throw malformed(path, `at most ${maxBytes} bytes long`, `${length} bytes`)
  return bytes
}

const parseAddress = (value: unknown, path: string): ReturnType<typeof parseBytes> =>
  parseBoundedBytes(value, path, limits.addressBytes)

function parseParticipant(value: unknown, path: string): Participant {
  const fields = parseFields(value, path)
  return {
    address: parseAddress(fields['address'], `${path}.address`),
    crossChainAddress: parseAddress(fields['crossChainAddress'], `${path}.crossChainAddress`),
  }
}

function parseAsset(value: unknown, path: string): Asset {
  const fields = parseFields(value, path)
  return {
    chainId: parseUint256(fields['chainId'], `${path}.chainId`),
    holder: parseAddress(fields['holder'], `${path}.holder`),
    crossChainHolder: parseAddress(fields['crossChainHolder'], `${path}.crossChainHolder`),
  }
}

const parseAmounts = (value: unknown, path: string): readonly bigint[] => parseList(value, path, parseUint256)

function parseSubAlloc(value: unknown, path: string): SubAlloc {
  const fields = parseFields(value, path)
  return {
    channelId: parseChannelId(fields['channelId'], `${path}.channelId`),
    balances: parseAmounts(fields['balances'], `${path}.balances`),
    indexMap: parseList(fields['indexMap'], `${path}.indexMap`, parseIndex),
  }
}

function parseAllocation(value: unknown, path: string): Allocation {
  const fields = parseFields(value, path)
  return {
    assets: parseList(fields['assets'], `${path}.assets`, parseAsset),
    backends: parseList(fields['backends'], `${path}.backends`, parseUint256),
    balances: parseList(fields['balances'], `${path}.balances`, parseAmounts),
    locked: parseList(fields['locked'], `${path}.locked`, parseSubAlloc),
  }
}

/** Channel parameters from anything. @throws WatcherError `STATE_MALFORMED`, naming the field. */
export function parseParams(value: unknown, path = 'params'): Params {
  const fields = parseFields(value, path)
  const app = fields['app']
  return {
    challengeDuration: parseUint256(fields['challengeDuration'], `${path}.challengeDuration`),
    nonce: parseUint256(fields['nonce'], `${path}.nonce`),
    participants: parseList(fields['participants'], `${path}.participants`, parseParticipant),
    app: app === undefined ? undefined : parseAddress(app, `${path}.app`),
    ledgerChannel: parseBoolean(fields['ledgerChannel'], `${path}.ledgerChannel`),
    virtualChannel: parseBoolean(fields['virtualChannel'], `${path}.virtualChannel`),
  }
}

/** A state from anything. @throws WatcherError `STATE_MALFORMED`, naming the field. */
export function parseState(value: unknown, path = 'state'): State {
  const fields = parseFields(value, path)
  return {
    channelId: parseChannelId(fields['channelId'], `${path}.channelId`),
    version: parseUint64(fields['version'], `${path}.version`),
    outcome: parseAllocation(fields['outcome'], `${path}.outcome`),
    appData: parseBoundedBytes(fields['appData'], `${path}.appData`, limits.appDataBytes),
    isFinal: parseBoolean(fields['isFinal'], `${path}.isFinal`),
  }
}

/** A state with signatures from anything; a copy, so that nobody can change it later. @throws WatcherError `STATE_MALFORMED` */
export function parseTransaction(value: unknown): Transaction {
  const fields = parseFields(value, 'transaction')
  return { state: parseState(fields['state']), sigs: parseList(fields['sigs'], 'sigs', parseSignature) }
}

/** A signed state with parameters from anything; a copy. @throws WatcherError `STATE_MALFORMED`, naming the field. */
export function parseSignedState(value: unknown): SignedState {
  const fields = parseFields(value, 'signed state')
  return { params: parseParams(fields['params']), ...parseTransaction(fields) }
}
