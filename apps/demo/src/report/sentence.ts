import { totalOf } from '../assets.ts'
import type { Act, Cheated, DemoEvent, Started } from '../demo-event.ts'
import type { Route } from '../model.ts'
import { amountsText, shortHash, versionsText } from './text.ts'
import type { DemoView } from './view.ts'

const acts: Readonly<Record<Act, string>> = {
  opening: 'Channels are opened and funded.',
  telling: 'Off the chain they trade, and the watcher is told every new state.',
  lying: 'Somebody tells the watcher wrong things.',
  cheating: 'Mallory registers old states, all in one block.',
  waiting: 'The challenge windows are open: the watcher puts the newest states in place.',
  concluding: 'The windows are closed: channels are concluded.',
  paying: 'Everybody withdraws.',
}

const routes: Readonly<Record<Route, string>> = {
  direct: '',
  wrapper: ', from within another contract',
  disguise: ', in a transaction that looks like the newest',
}

export function actSentence(act: Act): string {
  return acts[act]
}

/** An event in words, or nothing where it would only repeat others. `view` is what was known before it. */
export function sentenceOf(event: DemoEvent, view: DemoView): string | undefined {
  switch (event.type) {
    case 'started':
      return startSentence(event)
    case 'act':
      return acts[event.act]
    case 'told': {
      const isLate = view.channels.some(({ opened, cheated }) => opened.scenario === event.scenario && cheated)
      return isLate ? `Alice hands in version ${event.version}` : undefined
    }
    case 'refused':
      return event.code === undefined ? `The watcher took ${event.attempt}` : `Refused ${event.attempt}: ${event.code}`
    case 'cheated':
      return cheatSentence(event)
    case 'heard':
      return event.what === 'endangered' ? `Warning: ${event.detail}` : undefined
    case 'refuted': {
      const { channel, version, secondsUsed, window, transactionHash } = event
      return `Refuted: ${channel} ${version} after ${secondsUsed} s of ${window} s (${shortHash(transactionHash)})`
    }
    case 'conclusion-refused':
      return `${event.by} tries to conclude with old states: ${event.reason}`
    case 'concluded':
      return `Concluded by ${event.by === 'watcher' ? 'the watcher' : event.by} with ${versionsText(event.states)}`
    case 'verdict':
      return event.faults.length === 0 ? payoutSentence(event.scenario, view) : event.faults.join('; ')
    case 'block':
    case 'opened':
    case 'paid':
    case 'summary':
      return undefined
  }
}

function startSentence({ chain, chainId, contract, window }: Started): string {
  const contracts = contract === 'real' ? "Perun's own contracts" : "the devnet's contracts"
  return `One watcher, through ${chain}, on chain ${chainId} with ${contracts}; challenge windows of ${window} s.`
}

function cheatSentence({ by, route, registered, newest }: Cheated): string {
  return `${by} registers ${versionsText(registered)}, the newest is ${versionsText(newest)}${routes[route]}`
}

function payoutSentence(scenario: string, { channels }: DemoView): string {
  const payouts = channels.find(({ opened }) => opened.scenario === scenario)?.payouts ?? []
  const names = [...new Set(payouts.map(({ participant }) => participant))]
  const texts = names.map((name) => {
    const own = payouts.filter(({ participant }) => participant === name)
    return `${name} ${amountsText(totalOf(own))}`
  })
  return `Paid out: ${texts.join(', ')}`
}
