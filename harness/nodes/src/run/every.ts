import type { Scheduler } from '@perun-watcher/simulation/scheduler'

/** Does something again and again, for as long as time passes. */
export function every(time: Scheduler, ms: number, task: () => void): void {
  time.after(ms, () => {
    task()
    every(time, ms, task)
  })
}
