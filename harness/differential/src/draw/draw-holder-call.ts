import { type Bytes, parseBytes } from '@perun-watcher/core'
import { type HolderCall, holdersOf } from '../calls/call.ts'
import { participantToAbi } from '../calls/encode-call.ts'
import { accountOf, settlementOf } from '../calls/model-holders.ts'
import { saysTheSame, signatureFormFault } from '../calls/signature-form.ts'
import type { Channel } from './family.ts'
import type { Scene } from './scene.ts'
import { withdrawalSignature } from './signing.ts'
import { tamper } from './tamper.ts'

/** Pays money in, takes it out, or meddles with it. */
export function drawHolderCall(scene: Scene): Promise<HolderCall> {
  const { random, world } = scene
  const isSettled = world.funds.settled.size > 0
  return random.weighted([isSettled ? 1 : 6, deposit], [isSettled ? 8 : 1, withdraw], [0.4, setOutcome])(scene)
}

const stranger = parseBytes(`0x${'00'.repeat(17)}decade`)

/** A channel and who keeps its money; one that is settled, if it shall be and there is one. */
function drawAccount(scene: Scene, shallBeSettled: boolean): { readonly channel: Channel; readonly holder: Bytes } {
  const { addresses, family, random, world } = scene
  const all = family.roots.flatMap((channel) => holdersOf(addresses).map((holder) => ({ channel, holder })))
  const settled = all.filter(({ channel, holder }) => world.funds.settled.has(settlementOf(holder, channel.id)))
  const known = all.filter(({ channel, holder }) => channel.assets.some((asset) => asset.holder === holder))
  const suitable = shallBeSettled && settled.length > 0 ? settled : known
  return random.pick(suitable.length > 0 && random.chance(0.95) ? suitable : all)
}

async function deposit(scene: Scene): Promise<HolderCall> {
  const { addresses, random } = scene
  const { channel, holder } = drawAccount(scene, false)
  const stake = channel.stake.at(channel.assets.findIndex((asset) => asset.holder === holder)) ?? 0n
  const amount = random.weighted([3, stake], [1, stake / 2n], [1, BigInt(random.below(60))])
  const isEther = holder !== addresses.tokenHolder
  const value = random.weighted([12, isEther ? amount : 0n], [1, amount + 1n], [1, isEther ? 0n : amount])
  return { name: 'deposit', holder, channelId: channel.id, participant: drawMember(scene, channel), amount, value }
}

async function setOutcome(scene: Scene): Promise<HolderCall> {
  const { channel, holder } = drawAccount(scene, false)
  const { participants } = channel.params
  const balances = participants.map(() => 0n)
  return { name: 'setOutcome', holder, channelId: channel.id, participants, balances }
}

async function withdraw(scene: Scene): Promise<HolderCall> {
  const { addresses, random, world } = scene
  const { channel, holder } = drawAccount(scene, true)
  const participant = drawMember(scene, channel)
  const held = world.funds.holdings.get(accountOf(holder, channel.id, participant)) ?? 0n
  const amount = random.weighted([6, held], [2, held / 2n], [2, held + 1n], [1, 0n])
  const receiver = random.weighted(
    [8, stranger],
    [0.5, addresses.adjudicator],
    [0.5, holder],
    [0.5, addresses.silentReceiver],
    [0.5, addresses.greedyReceiver],
    [0.7, addresses.talkingReceiver],
    [0.5, participant.address],
  )
  const owner = channel.params.participants.findIndex(({ address }) => address === participant.address)
  const signer = random.chance(0.9) ? owner : random.below(channel.keys.length)
  const key = channel.keys[signer]
  const common = { name: 'withdraw', holder, channelId: channel.id, participant, receiver, amount } as const
  if (key === undefined) return { ...common, signature: `0x${'11'.repeat(64)}1b`, signer: undefined }
  const authorization = { channelID: channel.id, participant: participantToAbi(participant), receiver, amount }
  const right = await withdrawalSignature(key, authorization)
  const address = channel.params.participants[signer]?.address
  if (!random.chance(0.12)) return { ...common, signature: right, signer: address }
  const signature = tamper(right, random)
  const isRight = signatureFormFault(signature) === undefined && saysTheSame(signature, right)
  return { ...common, signature, signer: isRight ? address : undefined }
}

function drawMember({ random }: Scene, { params }: Channel) {
  const { participants } = params
  return participants.length === 0
    ? { address: stranger, crossChainAddress: parseBytes('0x') }
    : random.pick(participants)
}
