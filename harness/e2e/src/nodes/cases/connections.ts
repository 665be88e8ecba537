import { refusal } from '@perun-watcher/nodes/faults'
import { first, switched } from '../../rpc-proxy/compose.ts'
import { emptyRecords, hangs, wrongTimes } from '../../rpc-proxy/reading-faults.ts'
import type { RpcProxy } from '../../rpc-proxy/rpc-proxy.ts'
import type { NodesCase } from '../case.ts'
import { alone, beforeAnother } from '../plays.ts'
import type { Stage } from '../stage.ts'

/** Does something to the connections of the only endpoint again and again, also while it is cheated. */
function everySeconds(seconds: number, isSocket: boolean, act: (proxy: RpcProxy) => void): NodesCase['play'] {
  return async (stage) => {
    const proxy = await stage.endpoint()
    await stage.start([isSocket ? proxy.wsUrl : proxy.httpUrl])
    const guarded = await stage.guard()
    const timer = setInterval(() => act(proxy), seconds * 1_000)
    try {
      act(proxy)
      await stage.cheat(guarded)
      await stage.pause(20)
    } finally {
      clearInterval(timer)
    }
  }
}

/** The first endpoint is away for a moment, and meanwhile the second takes its place, which is of no use afterwards. */
async function hiccup(stage: Stage): Promise<void> {
  const away = switched(stage.fault('down'), false)
  const stuck = switched(stage.fault('stuckHead'), false)
  const [one, other] = [await stage.endpoint([away.fault]), await stage.endpoint([stuck.fault])]
  await stage.start([one.httpUrl, other.httpUrl])
  const guarded = await stage.guard()
  away.isOn = true
  await stage.pause(5)
  stuck.isOn = true
  away.isOn = false
  await stage.cheat(guarded)
}

/** The preferred endpoint begins to lie about everything that concerns a cheat, just before there is one. */
async function liarLater(stage: Stage): Promise<void> {
  const lies = [emptyRecords, stage.fault('noLogs'), stage.fault('zeroBloom')].map((fault) => switched(fault, false))
  const [liar, well] = [await stage.endpoint(lies.map(({ fault }) => fault)), await stage.endpoint()]
  await stage.start([liar.httpUrl, well.httpUrl])
  const guarded = await stage.guard()
  for (const lie of lies) lie.isOn = true
  await stage.cheat(guarded)
}

/** The only endpoint by a socket that is silent from the moment of the cheat. */
async function halfOpenSocket(stage: Stage): Promise<void> {
  const proxy = await stage.endpoint()
  await stage.start([proxy.wsUrl])
  const guarded = await stage.guard()
  proxy.stall()
  await stage.cheat(guarded)
}

/** What goes wrong with connections, with services in front of nodes, and with one of two endpoints that lies. */
export const connections: readonly NodesCase[] = [
  {
    name: 'webSocket',
    kind: 'N9',
    libraries: ['viem'],
    play: async (stage) => {
      const { wsUrl } = await stage.endpoint()
      await stage.start([wsUrl])
      await stage.cheat(await stage.guard())
    },
  },
  { name: 'halfOpenSocket', kind: 'N9', libraries: ['viem'], play: halfOpenSocket },
  { name: 'socketCut', kind: 'N9', libraries: ['viem'], play: everySeconds(3, true, (proxy) => proxy.cut()) },
  { name: 'socketStalled', kind: 'N9', libraries: ['viem'], play: everySeconds(15, true, (proxy) => proxy.stall()) },
  { name: 'connectionsCut', kind: 'N9', play: everySeconds(1, false, (proxy) => proxy.cut()) },
  { name: 'connectionsStalled', kind: 'N9', play: everySeconds(15, false, (proxy) => proxy.stall()) },
  {
    name: 'noBatches',
    kind: 'N9',
    play: async (stage) => {
      const { httpUrl } = await stage.endpoint([], { mostInBatch: 0 })
      await stage.start([httpUrl])
      await stage.cheat(await stage.guard())
    },
  },
  { name: 'hiccup', kind: 'N4', play: hiccup },
  {
    name: 'busyAtStart',
    kind: 'N4',
    play: alone(() => [first(3, async () => refusal(-32_005, 'rate limit exceeded'))]),
  },
  { name: 'tracesHang', kind: 'N12', play: alone(() => [hangs('debug_traceTransaction', 'eth_getTransactionByHash')]) },
  { name: 'futureFirst', kind: 'T3', play: beforeAnother(() => [wrongTimes(86_400)]) },
  { name: 'pastFirst', kind: 'T3', play: beforeAnother(() => [wrongTimes(-86_400)]) },
  { name: 'emptyRecordsFirst', kind: 'T3', isOwnUnknown: true, play: beforeAnother(() => [emptyRecords]) },
  {
    name: 'liarFirst',
    kind: 'T3',
    isOwnUnknown: true,
    play: beforeAnother((stage) => [emptyRecords, stage.fault('noLogs')]),
  },
  { name: 'liarLater', kind: 'T3', isOwnUnknown: true, play: liarLater },
]
