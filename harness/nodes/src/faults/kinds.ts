import type { FaultRule } from './fault.ts'
import { headerFaults } from './headers.ts'
import { logFaults } from './logs.ts'
import { serviceFaults } from './service.ts'
import { writingFaults } from './writing.ts'

const rules = { ...headerFaults, ...logFaults, ...serviceFaults, ...writingFaults }

/** What can be wrong with one endpoint. */
export type FaultKind = keyof typeof rules

export const faultRules: Readonly<Record<FaultKind, FaultRule>> = rules

export function isFaultKind(name: string): name is FaultKind {
  return Object.hasOwn(rules, name)
}

export const faultKinds: readonly FaultKind[] = Object.keys(rules).filter(isFaultKind)

/** Tolerable in the only endpoint that there is. */
export const honestKinds: readonly FaultKind[] = faultKinds.filter((kind) => faultRules[kind].isHonest)

export const otherKinds: readonly FaultKind[] = faultKinds.filter((kind) => !faultRules[kind].isHonest)
