import { type ChainTime, type Clock, hasCode } from '@perun-watcher/core'
import type { SpendingBook } from '@perun-watcher/core/adapter'
import type { DataFees } from '../fees/data-fees.ts'
import type { FeeOracle } from '../fees/fee-oracle.ts'
import type { Job } from '../lane/job.ts'
import type { Lane } from '../lane/lane.ts'
import { prepare } from '../lane/prepare.ts'
import { deadlinePassed } from '../lane/transaction-errors.ts'
import type { NodeRpc } from '../node/node-rpc.ts'
import type { LaneQueue } from './lane-queue.ts'

export interface AssignLaneDeps {
  readonly lanes: readonly Lane[]
  readonly queue: LaneQueue
  readonly nodeRpc: NodeRpc
  readonly feeOracle: FeeOracle
  readonly dataFees: DataFees
  readonly clock: Clock
  readonly spending: Pick<SpendingBook, 'room' | 'refuse'>
  /** Most gas of a transaction that a block takes. */
  readonly maxGas: bigint
}

/**
 * Finds a lane that looks after the job. Resolves once there is one, or once the job was settled before.
 *
 * @throws WatcherError where no lane takes it, with the errors of `TransactionManager.send`.
 */
export async function assignLane(deps: AssignLaneDeps, job: Job): Promise<void> {
  const { lanes, queue, feeOracle } = deps
  const time = await timeOf(feeOracle, job)
  if (job.request.deadline <= time) throw deadlinePassed(job.request.deadline, time)
  if (lanes.some((lane) => lane.adopt(job, time))) return
  assertRoom(deps, job)
  const tried = new Set<Lane>()
  for (;;) {
    const lane = await queue.reserve(job, tried)
    if (lane === undefined) return
    try {
      await submitTo(lane, deps, job)
      return
    } catch (error) {
      tried.add(lane)
      // Another account may have the funds that this one lacks.
      if (!hasCode(error, 'ACCOUNT_UNDERFUNDED') || tried.size === lanes.length) throw error
    } finally {
      queue.dispatch()
    }
  }
}

/** The chain's time. What was read last may be old, and may have been wrong: it is read again before a job is refused for it. */
async function timeOf(feeOracle: FeeOracle, { request }: Job): Promise<ChainTime> {
  const time = feeOracle.current()?.time ?? 0n
  if (request.deadline > time) return time
  return (await feeOracle.refresh()).time
}

/** Before it takes anybody's place or time: what would cost too much at half of its computed gas is not looked at further. */
function assertRoom({ spending, feeOracle }: AssignLaneDeps, { request }: Job): void {
  const { purpose, value, gas = 0n } = request
  const view = feeOracle.current()
  const room = purpose && view && spending.room(purpose, view.time, { value })
  if (room === undefined || view === undefined) return
  const needed = (gas * view.market.baseFeePerGas) / 2n
  if (room.most === 0n || room.most < needed) throw spending.refuse(room, needed)
}

async function submitTo(lane: Lane, deps: AssignLaneDeps, job: Job): Promise<void> {
  try {
    const prepared = await prepare({ ...deps, account: lane.account, readings: lane.readings }, job)
    await lane.submit(job, prepared)
  } finally {
    lane.releasePlace(job)
  }
}
