import type { Logger } from '@perun-watcher/core'

const ignore = (): void => undefined

/** Says nothing: the default of everything that takes a logger. */
export const silentLogger: Logger = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore }
