import type { Command, CommandUnknownOpts } from '@commander-js/extra-typings'
import type { CommandContext } from '../terminal/command-context.ts'

/** Each command is a file in `commands` that exports this. What the command needs to run, it loads when it runs. */
export type CommandMaker = (context: CommandContext) => Command | CommandUnknownOpts

/** Loaders of all commands, in the order of `--help`: no command pays for what another one needs. */
const loaders = new Map<string, () => Promise<CommandMaker>>([
  ['run', async () => (await import('../commands/run.ts')).runCommand],
  ['keygen', async () => (await import('../commands/keygen/keygen.ts')).keygenCommand],
  ['check-config', async () => (await import('../commands/check-config.ts')).checkConfigCommand],
  ['doctor', async () => (await import('../commands/doctor/doctor.ts')).doctorCommand],
  ['status', async () => (await import('../commands/status/status.ts')).statusCommand],
  ['channels', async () => (await import('../commands/channels/channels.ts')).channelsCommand],
  ['reload', async () => (await import('../commands/reload.ts')).reloadCommand],
  ['backup', async () => (await import('../commands/archive/backup.ts')).backupCommand],
  ['restore', async () => (await import('../commands/archive/restore.ts')).restoreCommand],
  ['export', async () => (await import('../commands/archive/export.ts')).exportCommand],
  ['import', async () => (await import('../commands/archive/import.ts')).importCommand],
  ['verify', async () => (await import('../commands/archive/verify.ts')).verifyCommand],
  ['rescue', async () => (await import('../commands/archive/rescue.ts')).rescueCommand],
])

/** The command named by the first argument, or all commands if it names none, as for `--help`. */
export async function commandsFor([name = '']: readonly string[]): Promise<readonly CommandMaker[]> {
  const load = loaders.get(name)
  return load === undefined ? await Promise.all([...loaders.values()].map((each) => each())) : [await load()]
}
