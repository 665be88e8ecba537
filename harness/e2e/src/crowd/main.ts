import type { Watch } from '@perun-watcher/core'
import { toError } from '@perun-watcher/core/adapter'
import { systemClock as clock, systemRandom as random } from '@perun-watcher/core/system'
import { serveParent } from '@perun-watcher/harness-kit/serve-parent'
import { type RemoteWatcher, remoteWatcher } from '@perun-watcher/protocol'
import { parseCurveKeys, parseCurvePublicKey, zmqConnector } from '@perun-watcher/transport-zmq'
import type { CrowdAnswer, CrowdCommand, CrowdMember, CrowdSettings } from './protocol.ts'

/* Many devices in one process, each with a connection, keys and a channel of its own. */

interface Member {
  readonly watcher: RemoteWatcher
  readonly states: CrowdMember['states']
  watch?: Watch
}

function memberOf({ endpoint, watcherKey }: CrowdSettings, { keys, states }: CrowdMember): Member {
  const security = { serverKey: parseCurvePublicKey(watcherKey), keys: parseCurveKeys(keys) }
  return { watcher: remoteWatcher({ connect: zmqConnector({ endpoint, security, clock }), clock, random }), states }
}

async function come(member: Member): Promise<void> {
  const [opening] = member.states
  if (opening === undefined) throw new Error('A member has a state.')
  member.watch = await member.watcher.startWatching(opening)
}

async function publish({ watch, states }: Member): Promise<void> {
  await Promise.all(states.slice(1).map((state) => watch?.statesPub.publish(state)))
}

const acts: Readonly<Record<CrowdCommand['type'], (member: Member) => Promise<void>>> = {
  come,
  publish,
  shutdown: ({ watcher }) => watcher.shutdown(),
}

async function everybody(members: readonly Member[], act: (member: Member) => Promise<void>): Promise<CrowdAnswer> {
  const results = await Promise.allSettled(members.map(act))
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [toError(result.reason).message] : []))
  return { done: results.length - errors.length, errors: [...new Set(errors)] }
}

serveParent<CrowdSettings, CrowdCommand, CrowdAnswer>({
  async start(settings) {
    const members: Member[] = []
    return ({ type }) => {
      if (type === 'come') members.push(...settings.members.map((member) => memberOf(settings, member)))
      return everybody(members, acts[type])
    }
  },
  isLast: ({ type }) => type === 'shutdown',
})
