/**
 * What real endpoints get wrong, for whoever has endpoints: this package's, or a proxy in front of a real one.
 *
 * @packageDocumentation
 */
export { type Answer, type Exchange, fieldOf, httpStatus, type Responder, refusal, result } from './endpoint/answer.ts'
export type { FaultPlace, KnownChain, Middleware } from './faults/fault.ts'
export { type FaultKind, faultKinds, faultRules, honestKinds, isFaultKind, otherKinds } from './faults/kinds.ts'
export { isHistoryTheme } from './run/themes.ts'
