import type { CommandContext, Output } from '@perun-watcher/daemon/internal'
import { type ChainName, type ExitCode, exitCodes, openerOf } from '@perun-watcher/daemon/internal'
import { fastPace, livePace } from './chain-clock.ts'
import { type ContractName, contractsOf } from './contracts.ts'
import { jsonReporter, liveReporter, plainReporter, type Reporter } from './report/reporter.ts'
import { runDemo } from './run-demo.ts'
import { allScenarios } from './scenarios/all-scenarios.ts'

export interface ShowDemoOptions {
  readonly chain: ChainName
  readonly contract: ContractName
  readonly json: boolean
}

/** Runs the demo for whoever looks at the output: a person, a log or a program. */
export async function showDemo(
  { chain, contract, json }: ShowDemoOptions,
  { output, signal }: Pick<CommandContext, 'output' | 'signal'>,
): Promise<ExitCode> {
  const summary = await runDemo({
    chain: { name: chain, open: await openerOf(chain) },
    contracts: await contractsOf(contract),
    scenarios: allScenarios,
    pace: !json && output.out.isLive ? livePace : fastPace,
    onEvent: reporterFor(output, json).onEvent,
    signal,
  })
  return summary.ok ? exitCodes.ok : exitCodes.failed
}

function reporterFor(output: Output, json: boolean): Reporter {
  if (json) return jsonReporter(output)
  return output.out.isLive ? liveReporter(output.out) : plainReporter(output.out)
}
