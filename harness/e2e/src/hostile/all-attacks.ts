import type { Attack } from './attack.ts'
import type { AttackName } from './attack-names.ts'
import { garbage, halfOpen, replay } from './attacks/bytes.ts'
import { badSignatures, millionChannels, pings, slowReader } from './attacks/floods.ts'
import { churn, garbageFrames, oversized, stolenName, wrongKeys } from './attacks/frames.ts'
import { fuzz, reusedIds, squat } from './attacks/messages.ts'

/** A new attack is an entry here and in `names.ts`. */
export const allAttacks: Readonly<Record<AttackName, Attack>> = {
  garbage,
  replay,
  halfOpen,
  garbageFrames,
  stolenName,
  oversized,
  wrongKeys,
  churn,
  fuzz,
  reusedIds,
  squat,
  badSignatures,
  pings,
  slowReader,
  millionChannels,
}
