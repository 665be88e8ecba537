export interface Need {
  /** Gas limit of the transaction. */
  readonly gas: bigint
  /** What is expected for its data besides, in wei. */
  readonly dataFee: bigint
  /** Least that buys a place in a block, in wei per gas. */
  readonly asked: bigint
}

/**
 * Most that can be offered out of so much money, in wei per gas. What is expected for the data lowers the offer, but not below
 * what the market asks: it is one endpoint's word, and a node that wants more than there is will say so.
 */
export function affordableFee(money: bigint, { gas, dataFee, asked }: Need): bigint {
  const most = money > 0n ? money / gas : 0n
  const least = most < asked ? most : asked
  const spared = money > dataFee ? (money - dataFee) / gas : 0n
  return spared > least ? spared : least
}

/** No more of the balance than this part is set aside for the data of one transaction: whoever makes up a fee must not stop all. */
const partOfBalance = 64n

/** What is set aside for the data of a transaction, in wei, by what an endpoint says. */
export function believableDataFee(said: bigint, balance: bigint | undefined): bigint {
  const most = (balance ?? 0n) / partOfBalance
  return said < most ? said : most
}
