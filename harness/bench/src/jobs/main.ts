import { isMainThread } from 'node:worker_threads'
import { say } from '@perun-watcher/harness-kit/output'
import { serveParent } from '@perun-watcher/harness-kit/serve-parent'
import type { Report } from '../measure/report.ts'
import { checkThread } from './check-thread.ts'
import { type FillJob, fillJob } from './fill-job.ts'
import { type GuardJob, guardJob } from './guard-job.ts'
import { type IdleJob, idleJob } from './idle-job.ts'
import { type RemoteJob, remoteJob } from './remote-job.ts'
import { type ServeJob, type ServerAnswer, type ServerCommand, serveJob } from './serve-job.ts'
import { type StoreJob, storeJob } from './store-job.ts'

/** A measurement, in a process of its own. */
export type MeasuringJob = StoreJob | FillJob | GuardJob | RemoteJob | IdleJob

/** The only command of a measuring job; the process ends with the answer. */
export interface MeasureCommand {
  readonly type: 'measure'
}

const progress = (text: string): void => say(`  ${text}`)

function measure(job: MeasuringJob): Promise<Report> {
  switch (job.name) {
    case 'store':
      return storeJob(job, progress)
    case 'fill':
      return fillJob(job, progress)
    case 'guard':
      return guardJob(job, progress)
    case 'remote':
      return remoteJob(job, progress)
    case 'idle':
      return idleJob(job, progress)
  }
}

type Carry = (command: MeasureCommand | ServerCommand) => Promise<Report | ServerAnswer>

async function start(job: MeasuringJob | ServeJob): Promise<Carry> {
  const server = job.name === 'serve' ? await serveJob(job) : undefined
  return async (command) => {
    if (command.type !== 'measure' && server !== undefined) return await server(command)
    if (command.type === 'measure' && job.name !== 'serve') return await measure(job)
    throw new Error(`The job ${job.name} has no command ${command.type}.`)
  }
}

if (isMainThread) serveParent({ start, isLast: ({ type }) => type === 'measure' || type === 'end' })
else checkThread()
