import type { Logger } from '../../spi/runtime.ts'

export const silentLogger: Logger = {
  trace() {},
  debug() {},
  info() {},
  warn() {},
  error() {},
}
