import { expectMessage, message } from './messages.ts'
import { openPlace } from './place.ts'
import type { TransportPlace } from './types.ts'

/**
 * The program with which the kit finds out whether a process can exit: write a script that calls this with your place, and
 * pass the script as `child` to the kit. It uses the transport, closes everything, and must then exit by itself.
 */
export async function transportChild(place: () => TransportPlace | Promise<TransportPlace>): Promise<void> {
  {
    await using opened = await openPlace(place)
    const server = await opened.listen()
    const pair = await server.pair()
    await Promise.all([pair.client.send(message(1, 1_000)), expectMessage(pair.server, 1, 1_000)])
    await Promise.all([pair.server.send(message(2, 1_000)), expectMessage(pair.client, 2, 1_000)])
    await pair.client[Symbol.asyncDispose]()
    await server.pair(1)
  }
  process.stdout.write('closed\n')
}
