import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DisputeAction, decide, type Threat } from '../../src/dispute/decide.ts'
import { contract } from '../support/contract.ts'
import { stateHashOf } from '../support/fake-crypto.ts'
import { allTrees, type RandomFamily, randomFamily, tryCall } from '../support/random-family.ts'

function carryOut({ disputes, now }: RandomFamily, action: DisputeAction) {
  return tryCall(() =>
    action.type === 'register'
      ? contract.register(disputes, action.channel, action.subChannels, now)
      : contract.concludeFinal(disputes, action.channel, now),
  )
}

const check = (property: (family: RandomFamily) => void, numRuns = 250): void =>
  fc.assert(fc.property(randomFamily, property), { numRuns })

/** A state from before ours; or one that a move made, or everybody signed besides a final one, which is worth less. */
const isOlderOnChain = ({ view }: RandomFamily): boolean =>
  [...view.channels.values()].some(
    ({ id, record, newest }) =>
      record !== undefined &&
      (record.version < newest.state.version ||
        (id === view.root.id && newest.state.isFinal && record.stateHash !== newest.hash)),
  )

/**
 * Our own state of an app sub-channel, registered below a root that is not ours: a play would bar our root. A final state may
 * have the version of a move that it settles the channel against.
 */
const isForestalled = ({ registeredVersion, answerVersion }: Threat, { type }: DisputeAction): boolean =>
  type === 'register' && registeredVersion === answerVersion

describe('decide, on any family', () => {
  it('never acts while nothing older than ours is on the chain, but to forestall a play that would bar the root', () => {
    check((family) => {
      if (isOlderOnChain(family)) return
      const { action } = decide(family.view)
      const isRootRegistered = family.view.root.record !== undefined
      expect(
        action === undefined || (!isRootRegistered && action.threats.every((threat) => isForestalled(threat, action))),
      ).toBe(true)
    })
  })

  it('acts only in ways that the contract takes, and replaces every record that it names by a newer one', () => {
    check((family) => {
      const { action } = decide(family.view)
      if (action === undefined) return
      const after = carryOut(family, action)
      expect(after).toBeDefined()
      for (const { channelId, registeredVersion, answerVersion } of action.threats) {
        expect(family.disputes.get(channelId)?.version).toBe(registeredVersion)
        expect(after?.disputes.get(channelId)?.version).toBe(answerVersion)
        const isSettled = action.type === 'concludeFinal'
        expect(isSettled || answerVersion >= registeredVersion).toBe(true)
      }
    }, 500)
  })

  it('names every record that its action replaces, and lowers none', () => {
    check((family) => {
      const { action } = decide(family.view)
      if (action === undefined) return
      const after = carryOut(family, action)?.disputes ?? new Map()
      const replaced = [...family.disputes].filter(([id, { stateHash }]) => after.get(id)?.stateHash !== stateHash)
      const named = action.threats.filter((threat) => !isForestalled(threat, action)).map((threat) => threat.channelId)
      expect(new Set(named)).toEqual(new Set(replaced.map(([id]) => id)))
      for (const { channelId } of action.threats.filter((threat) => isForestalled(threat, action))) {
        expect(family.view.channels.get(channelId)?.params.app).toBeDefined()
        expect(after.has(family.view.root.id)).toBe(true)
      }
    })
  })

  it('has nothing left to do once its action stands', () => {
    check((family) => {
      const { action } = decide(family.view)
      const after = action && carryOut(family, action)
      if (after === undefined) return
      const channels = new Map(
        [...family.view.channels].map(([id, channel]) => {
          const dispute = after.disputes.get(id)
          return [id, { ...channel, record: dispute && { ...dispute, blockNumber: 2n } }]
        }),
      )
      const root = channels.get(family.view.root.id)
      if (root !== undefined) expect(decide({ ...family.view, root, channels }).action).toBeUndefined()
    })
  })

  it('has no deadline later than the time at which any of the records can no longer be replaced', () => {
    check((family) => {
      const { action } = decide(family.view)
      for (const threat of action?.threats ?? []) {
        const { channelId, deadline } = threat
        expect(action !== undefined && action.deadline <= deadline).toBe(true)
        if (action?.type === 'register' && !isForestalled(threat, action))
          expect(deadline <= (family.disputes.get(channelId)?.timeout ?? -1n)).toBe(true)
      }
    })
  })

  it('sets every deadline in the future, or nothing would be sent', () => {
    check((family) => {
      const { action } = decide(family.view)
      if (action !== undefined) expect(action.deadline > family.now).toBe(true)
    }, 400)
  })

  it('acts whenever an older root record can be replaced', () => {
    check((family) => {
      const { root } = family.view
      if (root.record === undefined) return
      const canReplace = allTrees(family.view).some(([channel, ...subs]) => {
        const isNewer =
          channel !== undefined && root.record !== undefined && channel.state.version > root.record.version
        return isNewer && tryCall(() => contract.register(family.disputes, channel, subs, family.now)) !== undefined
      })
      if (canReplace) expect(decide(family.view).action).toBeDefined()
    })
  })

  it('D3: concludes the final root states that lock nothing against whatever else is not concluded, of any version', () => {
    check((family) => {
      const { newest, record } = family.view.root
      const isFinal = newest.state.isFinal && newest.state.outcome.locked.length === 0
      const isOther = record !== undefined && record.phase !== 'concluded' && record.stateHash !== newest.hash
      expect(decide(family.view).action?.type === 'concludeFinal').toBe(isFinal && isOther)
    }, 800)
  })

  it('D2: has a second way to a final state exactly where the contract takes its registration', () => {
    check((family) => {
      const { action } = decide(family.view)
      if (action?.type !== 'concludeFinal') return
      const registered = tryCall(() => contract.register(family.disputes, action.channel, [], family.now))
      expect(action.secondWay !== undefined).toBe(registered !== undefined)
      if (registered === undefined) return
      expect(registered.disputes.get(family.view.root.id)?.stateHash).toBe(family.view.root.newest.hash)
      expect(action.secondWay).toMatchObject({ type: 'register', channel: action.channel, subChannels: [] })
    }, 600)
  })

  it('D8: hands over no deadline behind an instant from which a move or a conclusion could bar its action', () => {
    check((family) => {
      const { action } = decide(family.view)
      if (action?.type !== 'register' || action.isUrgent) return
      for (const { state, params } of [action.channel, ...action.subChannels]) {
        const dispute = family.disputes.get(state.channelId)
        const isRoot = state.channelId === family.view.root.id
        // A final state that stands cannot be played.
        const isOver = state.isFinal && stateHashOf(state) === dispute?.stateHash
        const isBarred = dispute?.phase === 'dispute' && (isRoot || (params.app !== undefined && !isOver))
        if (isBarred) expect(action.deadline <= dispute.timeout).toBe(true)
      }
    }, 800)
  })

  it('names a problem, or acts, wherever an older state is registered for the root', () => {
    check((family) => {
      const { record, newest, id } = family.view.root
      if (record === undefined || record.version >= newest.state.version) return
      if (record.stateHash === newest.hash) return
      const { action, problems } = decide(family.view)
      const isAnswered = action?.threats.some(
        (threat) => threat.channelId === id && threat.answerVersion === newest.state.version,
      )
      expect(isAnswered || problems.some(({ channelId }) => channelId === id)).toBe(true)
    }, 500)
  })

  it('meets registrations, conclusions and problems often enough to mean something', () => {
    const seen = { register: 0, concludeFinal: 0, problems: 0 }
    for (const family of fc.sample(randomFamily, { numRuns: 1000, seed: 1 })) {
      const { action, problems } = decide(family.view)
      if (action !== undefined) seen[action.type] += 1
      if (problems.length > 0) seen.problems += 1
    }
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(2)
  })
})
