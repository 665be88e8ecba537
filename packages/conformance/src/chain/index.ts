/**
 * What every chain backend has to do, as tests for your test runner, on a ledger of yours.
 *
 * @packageDocumentation
 */
export type { Runner } from '../runner.ts'
export { chainCases, chainKit, runChainCase } from './kit.ts'
export type { StepLog } from './step-log.ts'
export type {
  ChainCase,
  ChainContext,
  ChainKitOptions,
  ChainNeed,
  ChainPlace,
  KitChannel,
  KitChannelOptions,
  KitStateOptions,
} from './types.ts'
