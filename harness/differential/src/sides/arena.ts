import { type Bytes, parseBytes } from '@perun-watcher/core'
import { type Devnet, type DevnetOptions, devKey, startDevnet, tokenAbi } from '@perun-watcher/devnet'
import { devnetCode, perunBytecode } from '@perun-watcher/real'
import { encodeFunctionData } from 'viem'
import { type Addresses, tokenLeave } from '../calls/call.ts'
import { rememberingEncoder } from '../calls/encode-call.ts'
import { callerKey } from '../calls/model-holders.ts'
import { type ModelLedger, modelLedger } from '../calls/model-ledger.ts'
import { realCrypto } from '../calls/real-crypto.ts'
import { garblingEncoder } from '../draw/garble.ts'
import { contractSide } from './contract-side.ts'
import { minedSide } from './mined-side.ts'
import { modelSide } from './model-side.ts'
import { type Side, start } from './side.ts'

/** All who can be asked here. */
export interface Arena extends AsyncDisposable {
  readonly addresses: Addresses
  readonly model: ModelLedger
  /** The model and the contracts, each of which answers for itself. */
  readonly sides: readonly Side[]
  /** The same, with the calls to contracts as transactions in blocks. */
  readonly minedSides: readonly Side[]
  /** The contracts alone, with damaged input; nobody, if there is only one who could be asked. */
  readonly garbledSides: readonly Side[]
  /** Perun's own contracts; or, in words, why they are not here. */
  readonly real: Side | string
}

/** Starts a chain with the devnet's contracts, and, where their bytecode can be had, one with Perun's own. */
export async function openArena(): Promise<Arena> {
  const bytecode = await perunBytecode()
  const devnet = await startDevnet(options)
  try {
    const addresses = await addressesOf(devnet)
    const model = modelLedger(addresses, realCrypto())
    const encode = rememberingEncoder(addresses)
    const own = [
      modelSide(model, addresses),
      contractSide('devnet', devnet, encode, addresses),
      minedSide('devnet, mined', devnet, encode, addresses),
    ] as const
    if ('missing' in bytecode) {
      const real = `skipped: ${bytecode.missing}`
      const sides = [own[0], own[1]]
      return arena({ addresses, model, real, sides, minedSides: [own[0], own[2]], garbledSides: [] }, [devnet])
    }
    const perun = await startDevnet({ ...options, code: devnetCode(bytecode) })
    try {
      await requireSameAddresses(perun, addresses)
    } catch (error) {
      await perun.stop()
      throw error
    }
    const real = contractSide('real', perun, encode, addresses)
    const realMined = minedSide('real, mined', perun, encode, addresses)
    const garble = garblingEncoder(encode, 'garbled')
    const garbledSides = [
      contractSide('devnet, garbled input', devnet, garble, addresses),
      contractSide('real, garbled input', perun, garble, addresses),
    ]
    const sides = [own[0], own[1], real]
    const minedSides = [own[0], own[2], realMined]
    return arena({ addresses, model, real, sides, minedSides, garbledSides }, [devnet, perun])
  } catch (error) {
    await devnet.stop()
    throw error
  }
}

const options: DevnetOptions = {
  automine: false,
  timestamp: Number(start) - 1000,
  args: ['--no-request-size-limit'],
}

function arena(parts: Omit<Arena, typeof Symbol.asyncDispose>, devnets: readonly Devnet[]): Arena {
  return {
    ...parts,
    async [Symbol.asyncDispose]() {
      await Promise.all(devnets.map((devnet) => devnet.stop()))
    },
  }
}

async function addressesOf(devnet: Devnet): Promise<Addresses> {
  const { adjudicator, assetHolder, app, token, tokenHolder } = devnet.contracts
  const second = await devnet.deployAssetHolder()
  const approve = encodeFunctionData({ abi: tokenAbi, functionName: 'approve', args: [tokenHolder, tokenLeave] })
  await devnet.confirm(devnet.send(callerKey, { to: token, data: approve }))
  return {
    chainId: BigInt(devnet.chainId),
    adjudicator: parseBytes(adjudicator),
    etherHolders: [parseBytes(assetHolder), parseBytes(second)],
    token: parseBytes(token),
    tokenHolder: parseBytes(tokenHolder),
    app: parseBytes(app),
    silentReceiver: await deployReceiver(devnet, '5f5ffd'),
    greedyReceiver: await deployReceiver(devnet, '60015f55'),
    talkingReceiver: await deployReceiver(devnet, '630badbeef60e01b5f5260045ffd'),
  }
}

/** @param program - what it does with whoever calls it, in the machine's own bytes. */
async function deployReceiver(devnet: Devnet, program: string): Promise<Bytes> {
  const size = (program.length / 2).toString(16).padStart(2, '0')
  // Copies what follows these ten bytes into memory, and returns it as the contract's code.
  const data = parseBytes(`0x60${size}600a5f3960${size}5ff3${program}`)
  const { contractAddress } = await devnet.confirm(devnet.send(devKey(0), { data }))
  if (!contractAddress) throw new Error('The node does not say where it deployed a receiver.')
  return parseBytes(contractAddress)
}

async function requireSameAddresses(devnet: Devnet, addresses: Addresses): Promise<void> {
  const text = (all: Addresses): string => Object.values(all).join()
  if (text(await addressesOf(devnet)) !== text(addresses)) {
    throw new Error('The contracts of two devnets have different addresses.')
  }
}
