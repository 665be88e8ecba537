import { createActor, devKey, openChannel, startDevnet, TransactionReverted, tokenOf } from '@perun-watcher/devnet'
import type { Hex } from 'viem'
import { expect, test } from 'vitest'
import { onBothContracts } from './support/on-contracts.ts'

/** A token that answers every call in the same way. @param program - how, in the machine's own bytes. */
function tokenThat(program: string): Hex {
  const size = (program.length / 2).toString(16).padStart(2, '0')
  // Copies what follows these ten bytes into memory, and returns it as the contract's code.
  return `0x60${size}600a5f3960${size}5ff3${program}`
}

await onBothContracts((code) => {
  test.each([
    ['says no', '5f5f5260205ff3', 'transferFrom failed', 'transfer failed'],
    ['says yes to everything', '60015f5260205ff3', 'ok', 'ok'],
    ['says yes and more', '60015f5260405ff3', 'ok', 'ok'],
    ['says nothing', '5f5ff3', 'without a reason', 'without a reason'],
    ['says neither yes nor no', '60025f5260205ff3', 'without a reason', 'without a reason'],
    ['refuses in words of its own', '630badbeef60e01b5f5260045ffd', 'with 0x0badbeef', 'with 0x0badbeef'],
    ['is not there', '', 'without a reason', 'without a reason'],
  ])('a token that %s', async (_, program, onDeposit, onWithdrawal) => {
    await using devnet = await startDevnet({ code: { ...code, PerunToken: tokenThat(program) } })
    const alice = await createActor(devnet, devKey(1))
    const asset = tokenOf(devnet)
    const outcome = (sent: Parameters<typeof devnet.confirm>[0]): Promise<string> =>
      devnet.confirm(sent).then(
        () => 'ok',
        (error: unknown) => {
          if (error instanceof TransactionReverted) return error.reason
          throw error
        },
      )
    const channel = openChannel(devnet, { actors: [alice], assets: [asset], balances: [0n], challengeDuration: 60n })
    expect(await outcome(alice.deposit(channel.id, 5n, { asset }))).toBe(onDeposit)
    await devnet.confirm(alice.concludeFinal(await channel.signed(channel.state(1n, { isFinal: true }))))
    expect(await outcome(alice.withdraw({ channelId: channel.id, asset, amount: 0n }))).toBe(onWithdrawal)
  })
})
