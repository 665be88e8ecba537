import { isWatcherError, type SignedState } from '@perun-watcher/core'
import { checkParams, checkState } from '@perun-watcher/core/adapter'

/** Whether core would take the form and the dimensions of a state. */
export function isAcceptable({ params, state }: Pick<SignedState, 'params' | 'state'>): boolean {
  try {
    checkParams(params)
    checkState(params, state)
    return true
  } catch (error) {
    if (isWatcherError(error)) return false
    throw error
  }
}
