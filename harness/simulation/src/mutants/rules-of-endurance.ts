import type { Mutant } from './mutant.ts'

/** What a counterparty, a tenant or a lying endpoint must not be able to do. */
export const enduranceMutants: readonly Mutant[] = []
