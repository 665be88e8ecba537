/** Chance from a seed: the same text draws the same numbers, whoever drew what before. */
export interface Random {
  /** 0 to `limit` - 1. */
  below(limit: number): number
  chance(probability: number): boolean
  pick<T>(items: readonly T[]): T
  /** One of the values, each as likely as its weight says. */
  weighted<T>(...entries: readonly (readonly [weight: number, value: T])[]): T
}

export function randomFrom(seed: string): Random {
  const next = sfc32(seed)

  const below = (limit: number): number => Math.floor((next() / 2 ** 32) * limit)

  return {
    below,
    chance: (probability) => next() / 2 ** 32 < probability,
    pick(items) {
      const item = items[below(items.length)]
      if (item === undefined) throw new RangeError('There is nothing to draw from.')
      return item
    },
    weighted(...entries) {
      const total = entries.reduce((sum, [weight]) => sum + weight, 0)
      let left = (next() / 2 ** 32) * total
      for (const [weight, value] of entries) {
        left -= weight
        if (left < 0) return value
      }
      throw new RangeError('There is nothing to draw from.')
    },
  }
}

/** The generator sfc32, started from the text's bytes. */
function sfc32(seed: string): () => number {
  let [a, b, c, counter] = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 1]
  const next = (): number => {
    const mixed = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + mixed) | 0
    return mixed >>> 0
  }
  for (const character of seed) {
    a ^= character.codePointAt(0) ?? 0
    for (let round = 0; round < 4; round++) next()
  }
  for (let round = 0; round < 12; round++) next()
  return next
}
