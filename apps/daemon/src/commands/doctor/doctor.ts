import { Command } from '@commander-js/extra-typings'
import { systemClock } from '@perun-watcher/core/system'
import { configOption } from '../../config/place-options.ts'
import { flagsOf, settingOptions } from '../../config/setting-options.ts'
import type { CommandContext } from '../../terminal/command-context.ts'
import { exitCodes } from '../../terminal/exit-codes.ts'
import { jsonLine } from '../../terminal/output.ts'
import { themeFor } from '../../terminal/theme.ts'
import type { Finding } from './finding.ts'
import { closingLine, findingLines } from './finding-lines.ts'

export function doctorCommand({ output: { out }, env, signal, end }: CommandContext) {
  const command = new Command('doctor')
    .summary('test everything that the watcher depends on, and say what to fix')
    .description(
      'Tests the configuration, the disk, keys, ports, limits, every RPC endpoint, the adjudicator, the account and the ' +
        'clock: each with ok, warn or fail, and with what to do. Sends no transaction and changes nothing.',
    )
    .addOption(configOption())
    .option('--json', 'one JSON object per check on standard output, the last one a summary')
    .addHelpText('after', '\nExits with 0 if nothing failed, otherwise with 1.')
  for (const option of settingOptions()) command.addOption(option)
  return command.action(async ({ config: file, json = false, ...flags }) => {
    const { diagnose: consult } = await import('./diagnose.ts')
    const theme = themeFor(out)
    const findings: Finding[] = []
    const now = (): number => Date.now() / 1_000
    for await (const finding of consult({
      sources: { file, env, flags: flagsOf(flags) },
      clock: systemClock,
      now,
      signal,
    })) {
      findings.push(finding)
      out.write(`${json ? jsonLine({ type: 'check', ...finding }) : findingLines(finding, theme).join('\n')}\n`)
    }
    const isWell = findings.every(({ status }) => status !== 'fail')
    out.write(`${json ? jsonLine({ type: 'summary', ok: isWell, checks: findings.length }) : closingLine(findings)}\n`)
    if (!isWell) end(exitCodes.failed)
  })
}
