import { refusal } from './call.ts'
import { exceedsLeave } from './model-holders.ts'

export const arrayPanic = 'panic: array out-of-bounds access (0x32)'
export const arithmeticPanic = 'panic: arithmetic underflow or overflow (0x11)'

const formsOfSignature = [
  'ECDSA: invalid signature length',
  "ECDSA: invalid signature 's' value",
  "ECDSA: invalid signature 'v' value",
  'ECDSA: invalid signature',
]
const signature = [...formsOfSignature, 'invalid signature']

const asset = ['unequal chainID', 'unequal ethHolder', 'unequal ccHolder']
const amounts = ['uint256[]: unequal length', 'uint256[]: unequal item']

/** Of asset holders: the devnet's, and none at all. */
const payout = [
  'participants length should equal balances',
  'trying to set already settled channel',
  'without a reason',
]

/**
 * Every answer that each call can give. What is missing here cannot happen:
 * - `Asset[]: unequal length` in `progress`: its own check of the lengths comes first;
 * - `ECDSA…` reasons and lengths of signatures in `conclude`: it takes no signatures;
 * - a token holder that has less than is withdrawn: outcomes are drawn that hand out no more than is held;
 * - an overflow of the amounts that `conclude` adds up: `register` added up the same ones;
 * - an asset holder that is called by somebody else than the adjudicator answers `setOutcome` with one reason only.
 */
export const reachable: Readonly<Record<string, readonly string[]>> = {
  register: [
    'ok',
    'not ledger',
    'invalid params',
    'signatures length mismatch',
    ...signature,
    'cannot have app',
    'funds locked',
    'invalid version',
    'incorrect phase',
    'refutation timeout passed',
    'subChannels too short',
    'invalid sub-channel id',
    'Asset[]: unequal length',
    ...asset,
    ...amounts,
    arrayPanic,
    arithmeticPanic,
  ],
  progress: [
    'ok',
    'not registered',
    'timeout not passed',
    'timeout passed',
    'invalid phase',
    'must have app',
    'actorIdx out of range',
    'invalid params',
    'wrong old state',
    ...signature,
    'version must increment by one',
    'cannot progress from final state',
    'balances length mismatch',
    'assets length mismatch',
    'SubAlloc[]: unequal length',
    'SubAlloc: unequal ID',
    ...amounts,
    'uint16[]: unequal length',
    'uint16[]: unequal item',
    ...asset,
    'old balances length mismatch',
    'new balances length mismatch',
    'sum of balances mismatch',
    'without a reason',
    arrayPanic,
    arithmeticPanic,
  ],
  conclude: [
    'ok',
    'not ledger',
    'invalid params',
    'not registered',
    'invalid state',
    'already concluded',
    'timeout not passed yet',
    'invalid subchannel id',
    ...payout,
    arrayPanic,
    arithmeticPanic,
  ],
  concludeFinal: [
    'ok',
    'not ledger',
    'state not final',
    'has sub-channels',
    'invalid params',
    'signatures length mismatch',
    ...signature,
    'concluded already',
    ...payout,
    arrayPanic,
    arithmeticPanic,
  ],
  deposit: ['ok', 'wrong amount of ETH for deposit', 'message value must be 0 for token deposit', exceedsLeave],
  setOutcome: ['can only be called by the adjudicator'],
  withdraw: [
    'ok',
    'channel not settled',
    ...formsOfSignature,
    'signature verification failed',
    'insufficient funds',
    'without a reason',
    refusal,
  ],
}
