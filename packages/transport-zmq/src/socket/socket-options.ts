import { Context } from 'zeromq'

/** libzmq's own default of 1 023 allows some 500 clients in a process. */
const maxSockets = 32_768

export function newContext(): Context {
  return new Context({ maxSockets })
}

/** Milliseconds that a closed socket may take to deliver its last messages. */
export const lingerMs = 1000

/** For networks that drop idle connections (NAT). In seconds. */
export const keepalive = {
  tcpKeepalive: 1,
  tcpKeepaliveIdle: 60,
  tcpKeepaliveInterval: 15,
  tcpKeepaliveCount: 4,
} as const
