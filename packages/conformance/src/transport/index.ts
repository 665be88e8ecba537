/**
 * What every message transport has to do, as tests for your test runner.
 *
 * @packageDocumentation
 */
export type { ChildProgram, Runner } from '../runner.ts'
export { transportChild } from './child.ts'
export { runTransportCase, transportCases, transportKit } from './kit.ts'
export type {
  Pair,
  RunningServer,
  TransportCase,
  TransportContext,
  TransportKitOptions,
  TransportNeed,
  TransportPlace,
  TransportServer,
} from './types.ts'
