import type { Command, CommandUnknownOpts } from '@commander-js/extra-typings'
import type { CommandContext } from '../terminal/command-context.ts'

/** A command is one file in `commands` that exports this; what the command does, it loads when it is run. */
export type CommandMaker = (context: CommandContext) => Command | CommandUnknownOpts

/** Every command, loaded by itself: none pays for what another one needs. In the order of `--help`. */
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

/** The command that the arguments begin with; all of them where they begin with something else, as `--help` does. */
export async function commandsFor([name = '']: readonly string[]): Promise<readonly CommandMaker[]> {
  const load = loaders.get(name)
  return load === undefined ? await Promise.all([...loaders.values()].map((each) => each())) : [await load()]
}
