import { Command } from '@commander-js/extra-typings'
import { examineConfig } from '../config/examine.ts'
import { configOption } from '../config/place-options.ts'
import { flagsOf, settingOptions } from '../config/setting-options.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { exitCodes } from '../terminal/exit-codes.ts'
import { jsonLine } from '../terminal/output.ts'
import { themeFor } from '../terminal/theme.ts'

export function checkConfigCommand({ output: { out }, env, end }: CommandContext) {
  const command = new Command('check-config')
    .summary('show the settings in force, where each comes from, and what is wrong')
    .description(
      'Reads the configuration as run does, without starting anything: file, environment and flags. Secrets are not shown.',
    )
    .addOption(configOption())
    .option('--all', 'show the settings that have their default, too')
    .option('--json', 'one JSON object on standard output')
    .addHelpText('after', '\nExits with 0 if run could watch with it, otherwise with 1.')
  for (const option of settingOptions()) command.addOption(option)
  return command.action(async ({ config: file, all = false, json = false, ...flags }) => {
    const examination = await examineConfig({ file, env, flags: flagsOf(flags) })
    if (json) out.write(`${jsonLine(examination)}\n`)
    else out.write(`${configLines(examination, all, themeFor(out)).join('\n')}\n`)
    if (!examination.ok) end(exitCodes.failed)
  })
}

function configLines(
  { ok, file, settings, problems, missing }: Awaited<ReturnType<typeof examineConfig>>,
  all: boolean,
  { good, bad, quiet, glyphs }: ReturnType<typeof themeFor>,
): readonly string[] {
  const shown = settings.filter(({ origin, value }) => (all ? value !== undefined : origin !== undefined))
  return [
    file === undefined ? 'No configuration file.' : `Configuration file ${file}.`,
    ...shown.map(({ key, value, origin }) => `  ${key} = ${value} ${quiet(`(${origin ?? 'default'})`)}`),
    ...(all || shown.length === settings.length ? [] : ['  The rest has its default; --all shows it.']),
    ...[...problems, ...missing].map(({ what, remedy }) => `${bad(glyphs.bad)} ${what} ${remedy}`),
    ok
      ? `${good(glyphs.good)} perun-watcher run could watch with this.`
      : 'perun-watcher run could not watch with this.',
  ]
}
