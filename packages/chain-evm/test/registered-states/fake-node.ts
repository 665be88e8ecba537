import vm from 'node:vm'
import { type Hex, WatcherError } from '@perun-watcher/core'
import type { EvmClient } from '../../src/index.ts'

/** A frame of geth's `callTracer`. */
export interface Frame {
  readonly type?: string
  readonly to?: string
  readonly input?: Hex
  readonly error?: string
  readonly calls?: readonly Frame[]
}

/**
 * What a node runs for `debug_traceTransaction`: the named tracer, or a program over the frames below the outermost, as
 * geth runs it.
 */
export function traceOf(root: Frame, tracer: unknown): unknown {
  if (tracer === 'callTracer') return root
  const toHex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString('hex')}`
  const bytesOf = (hex: string | undefined): Uint8Array => Buffer.from((hex ?? '0x').slice(2), 'hex')
  const program = vm.runInNewContext(`(${String(tracer)})`, { toHex })
  const visit = (frame: Frame): void => {
    program.enter({
      getType: () => frame.type ?? 'CALL',
      getTo: () => bytesOf(frame.to),
      getInput: () => bytesOf(frame.input),
    })
    for (const inner of frame.calls ?? []) visit(inner)
    program.exit({ getError: () => frame.error })
  }
  for (const inner of root.calls ?? []) visit(inner)
  return program.result()
}

export type Answers = Readonly<Record<string, (params: readonly unknown[]) => unknown>>

/** A node that answers some methods and refuses the others. */
export function fakeNode(answers: Answers): EvmClient & { readonly methods: string[] } {
  const methods: string[] = []
  return {
    methods,
    async request(method, params) {
      methods.push(method)
      const answer = answers[method]
      if (!answer) throw new WatcherError('RPC_REFUSED', `The method ${method} does not exist.`)
      return answer(params)
    },
  }
}

/** The second parameter of `debug_traceTransaction`. */
export function tracerIn(params: readonly unknown[]): unknown {
  const [, options] = params
  return typeof options === 'object' && options !== null ? Reflect.get(options, 'tracer') : undefined
}
