import type { ClientTransport, TransportOptions, TransportPlan } from './client-transport.ts'

/** The transports that the configuration asks for. The libraries of others are not loaded. */
export async function transportPlans(options: TransportOptions): Promise<readonly TransportPlan[]> {
  const { endpoints, grpc_addresses } = options.listen
  return [
    ...(endpoints.length === 0 ? [] : [(await import('./zmq-transport.ts')).zmqPlan(options)]),
    ...(grpc_addresses.length === 0 ? [] : [(await import('./grpc-transport.ts')).grpcPlan(options)]),
  ]
}

/**
 * Opens all of them, or none.
 *
 * @throws WatcherError as the one that could not be opened
 */
export async function openTransports(plans: readonly TransportPlan[]): Promise<readonly ClientTransport[]> {
  const opened: ClientTransport[] = []
  try {
    for (const plan of plans) opened.push(await plan.open())
    return opened
  } catch (error) {
    for (const transport of opened) await transport.close()
    throw error
  }
}
