import type { Spell } from '../faults/fault.ts'
import type { Plan } from './plan.ts'

const seconds = (ms: number): string => String(Math.round(ms / 100) / 10)

const within = ({ fromMs, untilMs }: Spell): string => `${seconds(fromMs)} to ${seconds(untilMs)} s`

/** What is going to happen, line by line. */
export function describePlan(plan: Plan): readonly string[] {
  const { theme, tempo, durationSeconds, finalityDepth, channels, floods, cheating, isPure } = plan
  return [
    `theme ${theme}${isPure ? ' alone' : ''}, ${tempo.name} chain, windows of ${durationSeconds} s, finality ${finalityDepth}`,
    `${channels} channels, ${floods} of a flood; cheats from ${within(cheating)}`,
    ...plan.endpoints.map(({ name, roundTripMs, lagMs, faults, takesCode }) => {
      const told = faults.map(({ kind, spell }) => (spell === undefined ? kind : `${kind} ${within(spell)}`))
      return `${name}: ${roundTripMs} ms, ${lagMs} ms late, code: ${takesCode}; ${told.join(', ')}`
    }),
    `${plan.accounts} accounts, ${plan.empty.count} of them empty from ${within(plan.empty)}`,
    ...plan.reorgs.map(
      ({ atMs, depth, keeps }) => `reorg of ${depth} at ${seconds(atMs)} s${keeps ? '' : ', transactions lost'}`,
    ),
    ...plan.crashes.map(({ atMs, downMs }) => `crash at ${seconds(atMs)} s for ${seconds(downMs)} s`),
    ...plan.spikes.map((spell) => `fees spike from ${within(spell)}`),
    ...plan.fullDisk.map((spell) => `disk full from ${within(spell)}`),
    ...plan.drops.map((spell) => `transactions forgotten from ${within(spell)}`),
  ]
}
