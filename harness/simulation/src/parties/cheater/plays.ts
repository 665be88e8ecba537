import { simSignature, simSigned } from '../../world/crypto.ts'
import { type ModelCall, together } from '../../world/ledger.ts'
import type { Channel } from '../channels/channel.ts'
import { cheater, honest } from '../channels/members.ts'
import type { CheatCall, Hand } from './hand.ts'

/** Moves of an app on the chain, and endings. */
export function plays(hand: Hand) {
  const { family, dice, time } = hand

  /** The cheater alone signs the next state of the app. */
  function playOf(channel: Channel, isFinal: boolean): ModelCall | undefined {
    const old = hand.standing(channel)
    if (channel.params.app === undefined || old === undefined) return undefined
    const state = { ...old.state, version: old.state.version + 1n, isFinal }
    const actorIdx = channel.params.participants.findIndex(({ address }) => address !== honest)
    const sig = simSignature(channel.params.participants[actorIdx]?.address ?? cheater, state)
    const move = { params: channel.params, stateOld: old.state, state, actorIdx, sig }
    hand.notePlay(channel, { ...simSigned(channel.params, state), sigs: [] })
    return (adjudicator, before, now) => adjudicator.progress(before, move, now)
  }

  function playAlone(channel: Channel, isFinal = false): CheatCall | undefined {
    const call = playOf(channel, isFinal)
    return call && { call, states: [] }
  }

  function progress(): void {
    const made = playAlone(dice.pick(family.channels), dice.chance(0.2))
    if (made !== undefined) hand.submit('cheat: progresses', made)
  }

  /** Many moves, each signed by one alone: the version on the chain overtakes what everybody signed. */
  function playOn(): void {
    const pauseMs = dice.int(2_000, 30_000)
    for (let moves = dice.int(2, 6); moves > 0; moves--) {
      time.after(moves * pauseMs, () => {
        const made = playAlone(family.root)
        if (made !== undefined && hand.isTaken(made)) hand.submit('cheat: plays on and on', made)
      })
    }
  }

  /** Ends the app and concludes in one transaction: the window that an app usually adds does not open. */
  function progressAndConclude(): void {
    const { root } = family
    const signed = hand.standing(root)
    const below = signed && hand.standingBelow(signed)
    const play = below && playOf(root, true)
    if (signed === undefined || below === undefined || play === undefined) return
    const ended = { ...signed.state, version: signed.state.version + 1n, isFinal: true }
    const states = below.map(({ state }) => state)
    const conclusion: ModelCall = (adjudicator, before, now) =>
      adjudicator.conclude(before, { params: root.params, state: ended }, states, now)
    const made = { call: together(play, conclusion), states: [] }
    if (hand.isTaken(made)) hand.submit('cheat: ends an app and concludes at once', made)
  }

  function concludeFinal(): void {
    const final = family.root.states.find(({ state }) => state.isFinal && state.outcome.locked.length === 0)
    if (final === undefined) return
    const call: ModelCall = (adjudicator, before, now) => adjudicator.concludeFinal(before, final, now)
    hand.submit('cheat: concludes a final state', { call, states: [final] })
  }

  /** Whatever can be concluded now. */
  function conclude(): void {
    for (const root of [family.root, ...(family.foreign === undefined ? [] : [family.foreign])]) {
      const signed = hand.standing(root)
      const made = signed && hand.conclude(signed)
      if (made !== undefined && hand.isTaken(made)) hand.submit('cheat: concludes', made)
    }
  }

  return { playAlone, progress, playOn, progressAndConclude, concludeFinal, conclude }
}
