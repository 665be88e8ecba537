import type { KeyMakers } from '../keys/own-keys.ts'

/** What makes and checks keys; the library of a transport is loaded when its keys are asked for. */
export const keyMakers: KeyMakers = {
  curve: async () => (await import('./zmq-transport.ts')).newCurvePair(),
  tls: async () => (await import('./grpc-transport.ts')).tlsMaker,
}

/** A new token, and the hash by which it is known. */
export async function newToken(client: string): Promise<{ readonly token: string; readonly hash: string }> {
  const { newClientToken } = await import('./grpc-transport.ts')
  return newClientToken(client)
}
