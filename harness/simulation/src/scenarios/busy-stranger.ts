import type { Scenario, Stage } from './scenario.ts'

const minute = 60_000

/** A stranger who locks a channel has a dispute of its own, which does not touch it, and which does not end. */
async function stopBesideStranger(stage: Stage): Promise<void> {
  const { family, client, tenant, dice } = stage
  const [child] = family.channels.filter(({ kind }) => kind === 'sub')
  if (child === undefined) return
  await stage.until(() => client.isCurrent(child.id))
  await stage.give(child, child.update({}))
  stage.impose('strangersWait', 20 * minute)
  await tenant.quarrelBeside(stage.until)
  await stage.pass(dice.int(60_000, 120_000))
  client.archive(child)
}

export const busyStranger: Scenario = {
  name: 'scenario: a stop while a stranger is busy',
  cast: { shape: 'sub', apps: 'none' },
  durations: [600n, 1_200n],
  play: stopBesideStranger,
}
