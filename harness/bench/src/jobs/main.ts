import { isMainThread } from 'node:worker_threads'
import type { Report } from '../measure/report.ts'
import { checkThread } from './check-thread.ts'
import { type FillJob, fillJob } from './fill-job.ts'
import { type GuardJob, guardJob } from './guard-job.ts'
import { type IdleJob, idleJob } from './idle-job.ts'
import { type RemoteJob, remoteJob } from './remote-job.ts'
import { type ServeJob, serveJob } from './serve-job.ts'
import { type StoreJob, storeJob } from './store-job.ts'

/** What one process of a benchmark does. */
export type Job = StoreJob | FillJob | GuardJob | RemoteJob | ServeJob | IdleJob

const say = (text: string): void => void process.stderr.write(`  ${text}\n`)

function run(job: Job): Promise<Report> {
  switch (job.name) {
    case 'store':
      return storeJob(job, say)
    case 'fill':
      return fillJob(job, say)
    case 'guard':
      return guardJob(job, say)
    case 'remote':
      return remoteJob(job, say)
    case 'serve':
      return serveJob(job)
    case 'idle':
      return idleJob(job, say)
  }
}

/** One job, and the process ends with the answer. */
async function serve(job: Job): Promise<void> {
  process.send?.(await run(job))
  process.disconnect()
}

/** Whoever started this process ends it: with an open store it may not come to an end by itself. */
function fail(error: unknown): void {
  process.send?.(error instanceof Error ? (error.stack ?? error.message) : String(error))
}

if (isMainThread) {
  process.on('unhandledRejection', fail)
  process.once('message', (job: Job) => {
    serve(job).catch(fail)
  })
} else {
  checkThread()
}
