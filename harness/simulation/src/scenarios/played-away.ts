import { millisecondsOf } from '../world/timeline.ts'
import type { Scenario, Stage } from './scenario.ts'

/**
 * Nothing is wrong with what is registered of a locked channel below a root of the cheater's own; but once its app is played, no
 * root state that locks it is taken any more.
 */
async function playAway(stage: Stage): Promise<void> {
  const { family, hand, client, ledger, time, dice } = stage
  const { root, lateChild: child } = family
  if (child === undefined) return
  await stage.until(() => client.isCurrent(child.id))
  await stage.give(child, child.update({}))
  await stage.give(root, root.update({ locks: [child] }))
  const own = hand.ownRoot([child], dice.pick([600n, 30n * 86_400n]))
  hand.submit(
    'cheat: registers below a root of its own',
    hand.register(own.newest, () => child.newest),
  )
  await stage.recorded(child.id)
  const record = ledger.dispute(child.id)
  if (record === undefined) return
  await stage.pass(Math.max(0, millisecondsOf(record.timeout) - time.now))
  const play = stage.play(child)
  if (play !== undefined) hand.submit('cheat: progresses', play)
  await stage.pass(dice.int(20_000, 60_000))
  const [oldest = root.newest] = root.states
  hand.submit('cheat: registers an old tree', hand.register(oldest, hand.someState))
}

export const playedAway: Scenario = {
  name: 'scenario: a locked channel played away',
  cast: { shape: 'late', apps: 'below' },
  durations: [600n],
  play: playAway,
}
