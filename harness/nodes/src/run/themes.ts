import { type FaultKind, faultKinds } from '../faults/kinds.ts'

/** What goes wrong with the chain, the account or the machine, rather than with an endpoint. */
export const otherThemes = [
  'calm',
  'reorgs',
  'deepReorg',
  'nonceReset',
  'feeSpikes',
  'droppedTransactions',
  'outage',
  'longNight',
  'crashes',
  'fullDisk',
  'burningHolder',
  'nodeFeeCap',
  'extraFee',
  'lowFunds',
  'pendingLimit',
  'shortWindow',
  'busyPublisher',
  'flood',
] as const

export type OtherTheme = (typeof otherThemes)[number]

/** What a run is about: one thing that certainly goes wrong, among others that may. */
export type Theme = FaultKind | OtherTheme

export const themes: readonly Theme[] = [...otherThemes, ...faultKinds]

/** Seeds go through all themes in turn, so that as many seeds as there are themes meet each. */
export function themeOf(seed: number): Theme {
  return themes[seed % themes.length] ?? 'calm'
}

export function isTheme(name: string): name is Theme {
  return themes.some((each) => each === name)
}
