import type { State, Watch } from '@perun-watcher/core'
import { type TestChannel, testChannel } from '@perun-watcher/core/testing'
import type { RemoteWatcherOptions, WireReceipt } from '../../src/index.ts'
import type { ClientMessage, ServerMessage } from '../../src/internal.ts'
import { settle } from './manual-clock.ts'
import { type Peer, type Script, script } from './scripted-watcher.ts'

type Start = Extract<ClientMessage, { readonly type: 'startWatching' }>

/** A client that watches one channel from version 0 on. */
export interface Watching extends AsyncDisposable {
  readonly script: Script
  readonly channel: TestChannel
  readonly peer: Peer
  readonly start: Start
  readonly watch: Watch
  /** The next connection, in which the client goes on from this version. */
  resume(version: bigint): Promise<Peer & { readonly start: Start }>
}

export async function watching(
  options: Partial<RemoteWatcherOptions> = {},
  welcome: Partial<Extract<ServerMessage, { readonly type: 'welcome' }>> = {},
  receiptFor: (state: State) => WireReceipt | undefined = () => undefined,
): Promise<Watching> {
  const scripted = script(options)
  const channel = testChannel()
  const starting = scripted.watcher.startWatching(channel.signed(0n))
  const peer = await scripted.greet(welcome)
  const start = await peer.expect('startWatching')
  const receipt = receiptFor(channel.signed(0n).state)
  await peer.reply(start.request, { type: 'started', version: 0n, receipt })
  return {
    script: scripted,
    channel,
    peer,
    start,
    watch: await starting,
    async resume(version) {
      const next = await scripted.greet(welcome)
      const again = await next.expect('startWatching')
      if (again.newest.state.version !== version) throw new Error(`resumed with ${again.newest.state.version}`)
      await next.reply(again.request, { type: 'started', version, receipt: undefined })
      await settle()
      return { ...next, start: again }
    },
    [Symbol.asyncDispose]: () => scripted[Symbol.asyncDispose](),
  }
}
