/**
 * What the demo of this repository shares with the daemon: access to a chain, and the terminal. The published package does
 * not have this entry point.
 */
export { type ChainName, chainNames, openerOf } from './chain/chain-libraries.ts'
export type { OpenChain, OpenedChain } from './chain/chain-opener.ts'
export { runProgram } from './cli/run-program.ts'
export type { CommandContext } from './terminal/command-context.ts'
export { type ExitCode, exitCodes } from './terminal/exit-codes.ts'
export { Interruption } from './terminal/interruption.ts'
export type { Channel, Output } from './terminal/output.ts'
export { jsonLine } from './terminal/output.ts'
export { processContext } from './terminal/process-context.ts'
export { type Theme, themeFor } from './terminal/theme.ts'
