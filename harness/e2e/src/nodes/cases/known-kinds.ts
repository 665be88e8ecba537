import { type FaultKind, honestKinds, isHistoryTheme, otherKinds } from '@perun-watcher/nodes/faults'
import type { NodesCase } from '../case.ts'
import { alone, beforeAnother, fromHistory, outage, type Wrong } from '../plays.ts'

/** Which of the failures that were found each kind is about. */
const findings: Readonly<Record<FaultKind, string>> = {
  noBloom: 'N1',
  oddBloom: 'N6',
  zeroBloom: 'N1',
  nullLatest: 'N4',
  nonsenseLatest: 'N4',
  stuckHead: 'N4',
  staleHead: 'N4',
  unknownNewest: 'N1',
  lateLogs: 'N1',
  missingLogs: 'N2',
  noLogs: 'N2',
  prunedLogs: 'N2',
  cappedLogs: 'N2',
  doubledLogs: 'N6',
  sameIndex: 'N6',
  nullIndex: 'N6',
  removedLogs: 'N6',
  foreignLogs: 'N6',
  rangeRefused: 'N5',
  rangeHangs: 'N5',
  bodyCut: 'N5',
  resultsRefused: 'N5',
  rateLimited: 'N4',
  quotaUsedUp: 'N4',
  keyRefused: 'N4',
  internalError: 'N4',
  methodMissing: 'N4',
  missingState: 'N4',
  emptyState: 'N4',
  down: 'N4',
  halfOpen: 'N9',
  nonsense: 'N4',
  slow: 'N3',
  absurdTip: 'N7',
  absurdGasPrice: 'N7',
  absurdHistory: 'N7',
  zeroTip: 'N7',
  noTip: 'N7',
  noHistory: 'N7',
  estimateOneArgument: 'N8',
  estimateMissing: 'N8',
  estimateTimesOut: 'N8',
  estimateHangs: 'N8',
  swallowedSends: 'T3',
  deniedSends: 'T3',
  sendsUnanswered: 'T3',
  lateReceipts: 'N14',
}

const wrong =
  (kind: FaultKind): Wrong =>
  (stage) => [stage.fault(kind)]

/** What is honest has to be survived as the only endpoint; where it shows in histories, there. */
function honestCase(kind: FaultKind): NodesCase {
  const isHistory = isHistoryTheme(kind)
  const play = isHistory ? fromHistory(wrong(kind)) : alone(wrong(kind))
  return { name: kind, kind: findings[kind], needsOwnChain: isHistory, play }
}

/** Everything else beside one that is well; and as the only one for a while, which has to be told. */
function otherCases(kind: FaultKind): readonly NodesCase[] {
  return [
    { name: `${kind}First`, kind: findings[kind], play: beforeAnother(wrong(kind)) },
    { name: `${kind}Outage`, kind: `${findings[kind]}, N12`, play: outage(wrong(kind)) },
  ]
}

/** The same faults as in the simulation of nodes, one by one. */
export const knownKinds: readonly NodesCase[] = [...honestKinds.map(honestCase), ...otherKinds.flatMap(otherCases)]
