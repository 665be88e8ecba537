/** What a server has done since it started, for metrics. Values only ever grow. */
export interface Counters {
  messagesIn: number
  messagesOut: number
  bytesIn: number
  bytesOut: number
  /** States that were acknowledged. */
  publishes: number
  eventsSent: number
  /** Events that were dropped in favour of newer ones because a client was slow. */
  eventsSuperseded: number
  /** Acknowledgements of events that were never sent. */
  acknowledgementsIgnored: number
  staleStoreAlarms: number
  /** States that were acknowledged without a receipt, because issuing one failed. */
  receiptFailures: number
  /** Requests that were refused, by error code. */
  readonly refusals: Map<string, number>
  /** Connections that the server ended, by error code. */
  readonly goodbyes: Map<string, number>
}

export function newCounters(): Counters {
  return {
    messagesIn: 0,
    messagesOut: 0,
    bytesIn: 0,
    bytesOut: 0,
    publishes: 0,
    eventsSent: 0,
    eventsSuperseded: 0,
    acknowledgementsIgnored: 0,
    staleStoreAlarms: 0,
    receiptFailures: 0,
    refusals: new Map(),
    goodbyes: new Map(),
  }
}

/** @param counts by error code; bounded by the number of codes. */
export function countCode(counts: Map<string, number>, code: string): void {
  counts.set(code, (counts.get(code) ?? 0) + 1)
}
