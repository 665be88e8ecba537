import type { NodesCase } from '../case.ts'
import { chains } from './chains.ts'
import { connections } from './connections.ts'
import { knownKinds } from './known-kinds.ts'
import { sending } from './sending.ts'

/** Longer ones first: they go on beside the others. */
export const allCases: readonly NodesCase[] = [...chains, ...knownKinds, ...connections, ...sending]
