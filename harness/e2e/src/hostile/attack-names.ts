/** What Mallory can do; `all-attacks.ts` says how. */
export const attackNames = [
  'garbage',
  'replay',
  'halfOpen',
  'garbageFrames',
  'stolenName',
  'oversized',
  'wrongKeys',
  'churn',
  'fuzz',
  'reusedIds',
  'squat',
  'badSignatures',
  'pings',
  'slowReader',
  'millionChannels',
] as const

export type AttackName = (typeof attackNames)[number]
