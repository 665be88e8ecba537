import { Context } from 'zeromq'

/** libzmq's own default of 1 023 allows some 500 clients in a process. */
const maxSockets = 32_768

export function newContext(): Context {
  return new Context({ maxSockets })
}

/** What was said last is still delivered if it takes no longer. */
export const lingerMs = 1000

/** For networks that forget quiet connections (NAT). Seconds. */
export const keepalive = {
  tcpKeepalive: 1,
  tcpKeepaliveIdle: 60,
  tcpKeepaliveInterval: 15,
  tcpKeepaliveCount: 4,
} as const
