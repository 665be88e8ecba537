import { fork } from 'node:child_process'
import type { Job } from '../jobs/main.ts'
import { isReport, type Report } from '../measure/report.ts'

export interface Runner {
  run(job: Job): Promise<Report>
}

/** Runs each job in a process of its own, so that none inherits the memory or the warm code of another. */
export function runner(script: string, profileFolder: string | undefined): Runner {
  const profiling = profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`]
  return {
    run: (job) =>
      new Promise((resolve, reject) => {
        // Standard output belongs to the figures.
        const child = fork(script, { execArgv: ['--expose-gc', ...profiling], stdio: ['ignore', 2, 2, 'ipc'] })
        const kill = (): void => void child.kill('SIGKILL')
        process.once('exit', kill)
        let report: Report | undefined
        child.once('message', (answer) => {
          if (isReport(answer)) {
            report = answer
            return
          }
          reject(new Error(`The job ${job.name} failed: ${String(answer)}`))
          kill()
        })
        child.once('error', reject)
        child.once('exit', (code, signal) => {
          process.off('exit', kill)
          if (report === undefined)
            reject(new Error(`The job ${job.name} ended with ${code ?? signal} and no figures.`))
          else resolve(report)
        })
        child.send(job)
      }),
  }
}
