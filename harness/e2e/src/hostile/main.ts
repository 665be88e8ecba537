import { dice } from '@perun-watcher/harness-kit/dice'
import { serveParent } from '@perun-watcher/harness-kit/serve-parent'
import { allAttacks } from './all-attacks.ts'
import type { HostileAnswer, HostileCommand, HostileSettings } from './protocol.ts'

/* Mallory's process. It ends with its parent. */

serveParent<HostileSettings, HostileCommand, HostileAnswer>({
  start:
    async (settings) =>
    async ({ type, seed }) => {
      const keys = settings.keys.get(type) ?? settings.unlisted
      return { sent: await allAttacks[type]({ settings, keys, dice: dice(seed) }) }
    },
  isLast: () => false,
})
