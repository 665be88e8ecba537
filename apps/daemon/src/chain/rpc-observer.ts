/** How a request to an endpoint went. */
export interface RpcOutcome {
  readonly method: string
  /** Host and port: the rest of a URL may hold a key. */
  readonly endpoint: string
  readonly ms: number
  /** `refused`: the node answered with an error. `unanswered`: anything else that went wrong. */
  readonly result: 'answered' | 'refused' | 'unanswered'
}

export type RpcObserver = (outcome: RpcOutcome) => void
