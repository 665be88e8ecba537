import { Worker } from 'node:worker_threads'

/** Threads that do jobs. A job and its result travel as messages. */
export interface ThreadPool<Job, Result> extends AsyncDisposable {
  /** Runs a job in a thread that is free, or waits for one. */
  run(job: Job): Promise<Result>
}

export interface ThreadPoolOptions<Job, Result> {
  /** What a thread runs: it answers each message with one. */
  readonly script: string
  readonly threads: number
  /** A job that takes this long is stuck. */
  readonly patienceMs: number
  /** What is wrong with a message that is no result; the thread is one of ours. */
  readonly isResult: (message: unknown) => message is Result
  /** The result of a job whose thread died or got stuck. */
  readonly failed: (job: Job, reason: string) => Result
}

export function threadPool<Job, Result>(options: ThreadPoolOptions<Job, Result>): ThreadPool<Job, Result> {
  const { script, threads, patienceMs, isResult, failed } = options
  const free: Worker[] = []
  const all = new Set<Worker>()
  const waiting: ((worker: Worker) => void)[] = []

  function open(): Worker {
    const worker = new Worker(script, { eval: true, execArgv: ['--no-warnings'] })
    all.add(worker)
    return worker
  }

  function take(): Promise<Worker> {
    const idle = free.pop()
    if (idle !== undefined) return Promise.resolve(idle)
    if (all.size < threads) return Promise.resolve(open())
    return new Promise((resolve) => waiting.push(resolve))
  }

  function give(worker: Worker): void {
    const next = waiting.shift()
    if (next === undefined) free.push(worker)
    else next(worker)
  }

  /** A thread that died or got stuck is of no more use; another takes its place. */
  function replace(worker: Worker): void {
    all.delete(worker)
    void worker.terminate()
    const next = waiting.shift()
    if (next !== undefined) next(open())
  }

  function ask(worker: Worker, job: Job): Promise<Result> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => end(() => reject(new Error('The run is stuck.'))), patienceMs)
      const onMessage = (message: unknown): void =>
        end(() => (isResult(message) ? resolve(message) : reject(new Error('The thread answered something else.'))))
      const onError = (error: Error): void => end(() => reject(error))
      function end(then: () => void): void {
        clearTimeout(timer)
        worker.off('message', onMessage)
        worker.off('error', onError)
        then()
      }
      worker.on('message', onMessage)
      worker.on('error', onError)
      worker.postMessage(job)
    })
  }

  return {
    async run(job) {
      const worker = await take()
      try {
        const result = await ask(worker, job)
        give(worker)
        return result
      } catch (error) {
        replace(worker)
        return failed(job, error instanceof Error ? error.message : String(error))
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...all].map((worker) => worker.terminate()))
    },
  }
}
