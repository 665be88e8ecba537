import {
  type ConnectionLimits,
  connectionDefaults,
  type GivenLimits,
  parseLimits,
  type ServerLimits,
  serverDefaults,
} from '@perun-watcher/protocol/adapter'

/** libzmq and the frames store limits, and what is derived from them, in 31 bits. */
const mostIn31Bits = 2 ** 30 - 2 ** 11

/** @throws WatcherError `OPTION_INVALID` */
export const parseConnectionLimits = (given: GivenLimits<ConnectionLimits> = {}): ConnectionLimits =>
  parseLimits(given, connectionDefaults, mostIn31Bits)

/** @throws WatcherError `OPTION_INVALID` */
export const parseServerLimits = (given: GivenLimits<ServerLimits> = {}): ServerLimits =>
  parseLimits(given, serverDefaults, mostIn31Bits)
