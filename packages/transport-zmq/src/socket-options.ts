/** What was said last is still delivered if it takes no longer. */
export const lingerMs = 1000

/** For networks that forget quiet connections (NAT). Seconds. */
export const keepalive = {
  tcpKeepalive: 1,
  tcpKeepaliveIdle: 60,
  tcpKeepaliveInterval: 15,
  tcpKeepaliveCount: 4,
} as const
