import { type Asset, parseBytes } from '@perun-watcher/core'

const nowhere = parseBytes('0x')

/** Its holder pays whatever it is told to. */
export const coin: Asset = { chainId: 1n, holder: parseBytes(`0x${'55'.repeat(20)}`), crossChainHolder: nowhere }
const silver: Asset = { ...coin, holder: parseBytes(`0x${'56'.repeat(20)}`) }
/** The cheater's own token: its holder does what the cheater likes. */
export const moodyToken: Asset = { ...coin, holder: parseBytes(`0x${'66'.repeat(20)}`) }

/** What channels hold: mostly one coin. */
export const purses: readonly (readonly Asset[])[] = [[coin], [coin, silver], [coin, moodyToken], [moodyToken]]

/** Whether the cheater decides if the channel can be paid out. */
export function isMoody(assets: readonly Asset[]): boolean {
  return assets.some(({ holder }) => holder === moodyToken.holder)
}
