import { silentLogger } from '@perun-watcher/core/adapter'
import { describe, expect, it } from 'vitest'
import { parseAddress } from '../../../src/rpc/parse-rpc.ts'
import { balanceWatch, type LowBalance } from '../../../src/transactions/fees/balance-watch.ts'

const account = parseAddress(`0x${'51'.repeat(20)}`)
const market = { baseFeePerGas: 7n, priorityFeePerGas: 2n }
/** Twenty registrations of 300 000 gas at twice the base fee and the tip. */
const wanted = 20n * 300_000n * 16n

function watch() {
  const reports: LowBalance[] = []
  return { reports, ...balanceWatch(account, silentLogger, (report) => reports.push(report)) }
}

describe('a balance', () => {
  it('is low below the price of twenty registrations, which is told once until it was refilled', () => {
    const { note, reports, current } = watch()
    note(wanted, market)
    expect(reports).toEqual([])
    note(wanted - 1n, market)
    note(wanted - 2n, market)
    expect(reports).toEqual([{ account, balance: wanted - 1n, wanted }])
    note(wanted, market)
    note(0n, market)
    expect(reports).toEqual([
      { account, balance: wanted - 1n, wanted },
      { account, balance: 0n, wanted },
    ])
    expect(current()).toBe(0n)
  })

  it('must be higher once larger transactions were sent', () => {
    const { note, noteCost, reports } = watch()
    noteCost({ gas: 100n, dataFee: 0n })
    note(wanted, market)
    expect(reports).toEqual([])
    noteCost({ gas: 600_000n, dataFee: 0n })
    note(wanted, market)
    expect(reports).toEqual([{ account, balance: wanted, wanted: 2n * wanted }])
  })

  it('pays for so many usual transactions, with what is taken for their data', () => {
    const { note, noteCost, payable } = watch()
    expect(payable()).toBeUndefined()
    const each = 300_000n * 8n
    note(3n * each - 1n, market)
    expect(payable()).toBe(2n)
    noteCost({ gas: 100n, dataFee: each })
    note(3n * each, market)
    expect(payable()).toBe(1n)
  })

  it('is watched on even if the handler throws', () => {
    const { note, current } = balanceWatch(account, silentLogger, () => {
      throw new Error('not today')
    })
    note(1n, market)
    expect(current()).toBe(1n)
  })
})
