import { type FaultKind, faultKinds, isFaultKind } from '../faults/kinds.ts'

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
  'fastCatchUp',
  'fullDisk',
  'burningHolder',
  'nodeFeeCap',
  'extraFee',
  'lowFunds',
  'emptyAccount',
  'marketAboveCap',
  'manyAtOnce',
  'fullCapacity',
  'overCapacity',
  'shortWindow',
  'busyPublisher',
  'flood',
  'hiccup',
] as const

export type OtherTheme = (typeof otherThemes)[number]

/** What a run is about: one thing that certainly goes wrong, among others that may. */
export type Theme = FaultKind | OtherTheme

export const themes: readonly Theme[] = [...otherThemes, ...faultKinds]

/** Seeds go through all themes in turn, so that as many seeds as there are themes meet each. */
export function themeOf(seed: number): Theme {
  return themes[seed % themes.length] ?? 'calm'
}

/** Those whose faults show only where much history is read at once. */
const historyThemes: ReadonlySet<Theme> = new Set<Theme>([
  'fastCatchUp',
  'prunedLogs',
  'cappedLogs',
  'rangeRefused',
  'rangeHangs',
  'bodyCut',
  'resultsRefused',
])

/** As many channels as could be answered at once, or more, cheated in one block. */
export const isCapacityTheme = (theme: Theme): boolean => theme === 'fullCapacity' || theme === 'overCapacity'

export const isHistoryTheme = (theme: Theme): boolean => historyThemes.has(theme)

export const isEndpointTheme = (theme: Theme): theme is FaultKind => isFaultKind(theme)
