import type { Status } from '../../control/protocol.ts'
import { formatEther } from '../../terminal/amounts.ts'
import type { Theme } from '../../terminal/theme.ts'
import { durationText, timeText } from '../../terminal/times.ts'

type Dispute = Status['disputes'][number]
type Account = Status['accounts'][number]

export interface StatusLinesOptions {
  readonly theme: Theme
  /** How many disputes to show at most; the most urgent come first. */
  readonly disputes: number
}

/** The daemon's state for people. */
export function statusLines(status: Status, { theme, disputes }: StatusLinesOptions): readonly string[] {
  const { version, pid, phase, uptimeSeconds, readiness, missing, data, ledger, channels, clients, endpoints } = status
  const { good, bad, strong, glyphs } = theme
  const urgent = status.disputes.slice(0, disputes)
  const hidden = status.disputes.length - urgent.length
  return [
    `${strong(`perun-watcher ${version}`)}, process ${pid}, ${phase}, up ${durationText(uptimeSeconds)}`,
    readiness.ready ? `${good(glyphs.good)} ready` : `${bad(glyphs.bad)} not ready`,
    ...readiness.reasons.map(({ code, message }) => `    ${bad(code)}: ${message}`),
    ...missing.map((sentence) => `    ${bad('missing')}: ${sentence}`),
    field('data', data),
    ...(ledger === undefined ? [] : [field('ledger', ledger)]),
    ...chainLines(status, theme),
    ...status.rpc.flatMap((endpoint) => rpcLines(endpoint, theme)),
    ...headLines(status),
    field('channels', String(channels)),
    ...capacityLines(status, theme),
    field('clients', `${clients.connected} connected, ${clients.connections} connections, ${clients.watches} watches`),
    ...endpoints.map((endpoint) => field('listens', endpoint)),
    ...(status.publicKey === undefined ? [] : [field('key', status.publicKey)]),
    ...(status.grpcAddresses ?? []).map((address) => field('grpc', address)),
    ...(status.tlsPublicKey === undefined ? [] : [field('tls key', status.tlsPublicKey)]),
    ...status.accounts.map((account) => accountLine(account, theme)),
    ...spendingLines(status, theme),
    field('disputes', String(status.disputes.length)),
    ...urgent.map((dispute) => `    ${disputeText(dispute, theme)}`),
    ...(hidden > 0 ? [`    and ${hidden} more`] : []),
  ]
}

const field = (name: string, value: string): string => `  ${name.padEnd(9)} ${value}`

function chainLines({ chain }: Status, { busy }: Theme): readonly string[] {
  if (chain === undefined) return []
  const { kind, by, blockSeconds, finalityDepth } = chain
  const blocks = blockSeconds === undefined ? 'blocks whenever they come' : `a block every ${blockSeconds} s`
  const doubt = by === 'unknown' ? busy(' (not a known chain: with the limits of ethereum)') : ''
  return [field('chain', `${kind}${doubt}, ${blocks}, final below ${finalityDepth} blocks`)]
}

function capacityLines({ capacity }: Status, { bad }: Theme): readonly string[] {
  if (capacity === undefined) return []
  const { windowSeconds, channels, answerable, limitedBy } = capacity
  const limit = limitedBy === 'funds' ? ' with what the accounts have' : ''
  const part = `${channels} with windows of up to ${durationText(windowSeconds)}, ${answerable} could be answered at once${limit}`
  return [field('capacity', channels > answerable ? bad(part) : part)]
}

function headLines({ head, headAgeSeconds }: Status): readonly string[] {
  if (head === undefined) return []
  const age = headAgeSeconds === undefined ? '' : `, ${durationText(headAgeSeconds)} ago`
  return [field('head', `${head.number}${age}`)]
}

/** Nothing for an endpoint that does well: only what an operator has to look after. */
function rpcLines({ name, state }: Status['rpc'][number], { bad }: Theme): readonly string[] {
  return state === 'good' ? [] : [field('rpc', `${name} ${bad(state === 'failing' ? 'fails' : 'stands still')}`)]
}

function accountLine({ address, balance, isLow, needs }: Account, { bad }: Theme): string {
  const amount = balance === undefined ? 'balance not known yet' : `${formatEther(BigInt(balance))} ETH`
  const missing = needs === undefined ? '' : `, needs ${formatEther(BigInt(needs))} ETH more`
  return field('account', `${address}  ${amount}${isLow ? ` ${bad('low')}` : ''}${missing}`)
}

/** How many clients are named: who costs most comes first. */
const mostSpenders = 3

function spendingLines({ spending }: Status, { bad }: Theme): readonly string[] {
  if (spending === undefined) return []
  const { today, total, clients, refusals } = spending
  const refused = Object.values(refusals).reduce((sum, count) => sum + count, 0)
  return [
    field(
      'spent',
      `${amountText(today.cost)} today in ${today.transactions} transactions, ${amountText(total.cost)} in all`,
    ),
    ...clients.slice(0, mostSpenders).map(({ client, cost }) => `    ${client}  ${amountText(cost)}`),
    ...(refused === 0 ? [] : [`    ${bad('budgets')} refused ${refused} times to improve an answer that stands`]),
  ]
}

const amountText = (wei: string): string => `${formatEther(BigInt(wei))} ETH`

function disputeText(
  { channel, version, registeredVersion, deadline, secondsLeft }: Dispute,
  { bad, busy }: Theme,
): string {
  const versions = `ours ${version}, on the chain ${registeredVersion ?? 'nothing'}`
  const left = secondsLeft === undefined ? undefined : Number(secondsLeft)
  const time =
    left === undefined ? '' : left < 0 ? bad(`closed ${durationText(-left)} ago`) : busy(`${durationText(left)} left`)
  return [channel, versions, time, deadline === undefined ? '' : timeText(deadline)]
    .filter((part) => part !== '')
    .join('  ')
}
