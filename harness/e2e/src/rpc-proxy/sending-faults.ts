import { type Answer, type Middleware, refusal } from '@perun-watcher/nodes/faults'
import { formatEther, type Hex, keccak256, parseTransaction } from 'viem'
import { of } from './compose.ts'

/* What nodes say to transactions, besides what every one of them says. */

const serverError = -32_000

interface Offer {
  readonly gas: bigint
  readonly maxFeePerGas: bigint
  readonly tip: bigint
}

function isHex(value: unknown): value is Hex {
  return typeof value === 'string' && value.startsWith('0x')
}

function offerOf(raw: unknown): Offer | undefined {
  if (!isHex(raw)) return undefined
  const { gas = 0n, maxFeePerGas = 0n, maxPriorityFeePerGas = 0n } = parseTransaction(raw)
  return { gas, maxFeePerGas, tip: maxPriorityFeePerGas }
}

/** Refuses transactions for what they offer. */
function refuses(reason: (offer: Offer) => string | undefined): Middleware {
  return of(['eth_sendRawTransaction'], async (exchange, next) => {
    const offer = offerOf(exchange.params[0])
    const said = offer === undefined ? undefined : reason(offer)
    return said === undefined ? next(exchange) : refusal(serverError, said)
  })
}

/** geth's `--rpc.txfeecap`. @param most in wei */
export function feeCap(most: bigint): Middleware {
  return refuses(({ gas, maxFeePerGas }) => {
    const fee = gas * maxFeePerGas
    if (fee <= most) return undefined
    return `tx fee (${formatEther(fee)} ether) exceeds the configured cap (${formatEther(most)} ether)`
  })
}

/** A chain that asks for more than gas. @param balance of the account, @param extra of each transaction, in wei */
export function extraFee(balance: bigint, extra: bigint): Middleware {
  return refuses(({ gas, maxFeePerGas }) => {
    const cost = gas * maxFeePerGas + extra
    if (cost <= balance) return undefined
    return `insufficient funds for gas * price + value + l1 fee: balance ${balance}, tx cost ${cost}`
  })
}

/** Polygon's and others' least tip. @param least in wei per gas */
export function leastTip(least: bigint): Middleware {
  return refuses(({ tip }) =>
    tip < least ? `transaction underpriced: gas tip cap ${tip}, minimum needed ${least}` : undefined,
  )
}

/** It takes every transaction, and says that it had it before. */
export const alreadyKnown: Middleware = of(['eth_sendRawTransaction'], async (exchange, next) => {
  const taken = await next(exchange)
  return taken.type === 'result' ? refusal(serverError, 'already known') : taken
})

/** It refuses every transaction. */
export const sendsRefused = (answer: Answer): Middleware => of(['eth_sendRawTransaction'], async () => answer)

/** It takes a transaction and passes it on to nobody: only its hash comes back. */
export const sendsKept: Middleware = of(['eth_sendRawTransaction'], async ({ params: [raw] }, next) =>
  isHex(raw) ? { type: 'result', value: keccak256(raw) } : next({ method: 'eth_sendRawTransaction', params: [raw] }),
)
