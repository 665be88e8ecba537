import { ChildEnded, startChild } from '@perun-watcher/harness-kit/child'
import type { MeasureCommand, MeasuringJob } from '../jobs/main.ts'
import type { Report } from '../measure/report.ts'

export interface JobRunner {
  run(job: MeasuringJob): Promise<Report>
}

/** Runs each job in a process of its own, so that none inherits the memory or the warm code of another. */
export function jobRunner(script: string, profileFolder: string | undefined): JobRunner {
  const profiling = profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`]
  return {
    async run(job) {
      const child = startChild<MeasuringJob, MeasureCommand, Report>(script, {
        nodeOptions: ['--expose-gc', ...profiling],
        // Standard output belongs to the figures.
        isOutputShown: true,
      })
      child.begin(job)
      try {
        await child.ready
        const report = await child.ask({ type: 'measure' })
        await child.ended
        return report
      } catch (error) {
        // With an open store it may not come to an end by itself.
        child.kill()
        const { code, signal, isByItself } = await child.ended
        const reason = error instanceof ChildEnded && isByItself ? `it ended with ${code ?? signal}` : error
        throw new Error(`The job ${job.name} failed: ${reason}`)
      }
    },
  }
}
