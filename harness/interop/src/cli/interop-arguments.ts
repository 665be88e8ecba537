import { parseCommandLine } from '@perun-watcher/harness-kit/command-line'
import { type Scenario, scenarios, type WatcherKind } from '../scenarios.ts'

export interface InteropArguments {
  readonly scenarios: readonly Scenario[]
  readonly kinds: readonly WatcherKind[]
  readonly jobs: number
  readonly isJson: boolean
  readonly isHelp: boolean
}

export const help = `Plays with real go-perun clients on a chain with Perun's own contracts: they cheat, crash, shut down and are cut
off, and the chain says who got what. Once with our daemon as their watcher, once with go-perun's own, for comparison.

  pnpm interop [--watcher both] [--scenario NAME,NAME] [--jobs 3] [--json]

  --watcher W      daemon, go-perun or both
  --scenario NAME  only these scenarios
  --jobs N         scenarios that go on at the same time; they mostly wait for blocks
  --json           the numbers alone on standard output, as one line

Scenarios: ${scenarios.map(({ name }) => name).join(', ')}.

Needs Go, and fails without it. Ends with 1 if the daemon failed in a scenario; what go-perun's own watcher fails in is told only.
`

const kinds: readonly WatcherKind[] = ['daemon', 'go-perun']
const usualJobs = 3

/** @throws UsageError */
export function interopArguments(args: readonly string[]): InteropArguments {
  const line = parseCommandLine(args, { values: ['watcher', 'scenario', 'jobs'] })
  const watcher = line.oneOf('watcher', ['daemon', 'go-perun', 'both']) ?? 'both'
  const names = line.someOf(
    'scenario',
    scenarios.map(({ name }) => name),
  )
  return {
    scenarios: names === undefined ? scenarios : scenarios.filter(({ name }) => names.includes(name)),
    kinds: kinds.filter((kind) => watcher === 'both' || watcher === kind),
    jobs: line.wholeNumber('jobs') ?? usualJobs,
    isJson: line.has('json'),
    isHelp: line.has('help'),
  }
}
