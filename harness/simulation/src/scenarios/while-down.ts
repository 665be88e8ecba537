import type { Scenario, Stage } from './scenario.ts'

const minute = 60_000

/** While the watcher is down the newest blocks are replaced: by one in which two old states of a channel are registered. */
async function reorgWhileDown(stage: Stage): Promise<void> {
  const { family, hand, host, ledger, dice, finalityDepth } = stage
  const { root } = family
  await stage.give(root, root.update({}), root.update({}), root.update({}))
  await stage.pass(dice.int(30_000, 240_000))
  host.crash(dice.int(20_000, 60_000))
  const [oldest = root.newest, older = root.newest] = root.states
  for (const each of [oldest, older]) hand.submit('cheat: registers an old tree', hand.register(each, hand.someState))
  const depth = Math.min(finalityDepth, ledger.blocks.length - 1)
  const { timestamp } = ledger.head
  ledger.reorg(depth, () => true)
  for (let block = 0; block <= depth; block++) ledger.mine(timestamp + BigInt(block), (waiting) => waiting)
}

/**
 * Its disk does not take what waits for clients, and the client is away: what happens meanwhile is known to the watcher, final,
 * and told to nobody, when the process dies.
 */
async function crashBeforeLetters(stage: Stage): Promise<void> {
  const { family, hand, host, client, dice } = stage
  const { root } = family
  await stage.give(root, root.update({}), root.update({}))
  await stage.pass(dice.int(10_000, 60_000))
  client.sleep(12 * minute)
  host.crash(dice.int(1_000, 5_000))
  await stage.until(() => host.engine !== undefined)
  stage.impose('mailboxesFail', 6 * minute)
  hand.submit('cheat: registers an old tree', hand.register(root.states[0] ?? root.newest, hand.someState))
  await stage.recorded(root.id)
  await stage.pass(5 * minute)
  host.crash(90_000)
}

export const whileDown: readonly Scenario[] = [
  {
    name: 'scenario: a reorg while the watcher is down',
    cast: { shape: 'single', apps: 'none' },
    durations: [600n, 1_200n],
    play: reorgWhileDown,
  },
  {
    name: 'scenario: a crash before events are stored',
    cast: { shape: 'single', apps: 'none' },
    durations: [600n, 1_200n],
    play: crashBeforeLetters,
  },
]
