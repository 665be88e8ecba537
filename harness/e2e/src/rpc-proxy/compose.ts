import type { Exchange, Middleware, Responder } from '@perun-watcher/nodes/faults'

/* Small faults put together: who is asked for what, how often, and when. */

/** A node with faults in front of it, the first one outermost. */
export function behind(faults: readonly Middleware[], node: Responder): Responder {
  return faults.reduceRight<Responder>((next, fault) => (exchange) => fault(exchange, next), node)
}

/** Where it does not apply the request goes through. */
export function when(applies: (exchange: Exchange) => boolean, fault: Middleware): Middleware {
  return (exchange, next) => (applies(exchange) ? fault(exchange, next) : next(exchange))
}

/** Of these methods only. */
export function of(methods: readonly string[], fault: Middleware): Middleware {
  return when(({ method }) => methods.includes(method), fault)
}

/** For the first requests that come to it. */
export function first(count: number, fault: Middleware): Middleware {
  let asked = 0
  return when(() => {
    asked += 1
    return asked <= count
  }, fault)
}

/** A fault that can be put on and off. */
export interface Switch {
  isOn: boolean
  readonly fault: Middleware
}

export function switched(fault: Middleware, isOn: boolean): Switch {
  const own: Switch = { isOn, fault: when(() => own.isOn, fault) }
  return own
}
