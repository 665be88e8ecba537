/** Chance from a seed. The same seed and the same questions give the same answers. */
export interface Dice {
  /** From 0 (included) to 1 (excluded). */
  next(): number
  /** A whole number from `least` to `most`, both included. */
  int(least: number, most: number): number
  chance(probability: number): boolean
  pick<T>(items: readonly T[]): T
  /** Dice of its own for one purpose, so that one party's questions do not change another's answers. */
  fork(name: string): Dice
}

function hashName(seed: number, name: string): number {
  let hash = seed ^ 0x9e3779b9
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193)
  return hash >>> 0
}

/** sfc32, a small well-tested generator. */
export function dice(seed: number): Dice {
  let a = seed >>> 0
  let b = hashName(seed, 'b')
  let c = hashName(seed, 'c')
  let counter = 1

  function next(): number {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    return (sum >>> 0) / 2 ** 32
  }

  for (let warmUp = 0; warmUp < 12; warmUp++) next()
  const self: Dice = {
    next,
    int: (least, most) => least + Math.floor(next() * (most - least + 1)),
    chance: (probability) => next() < probability,
    pick(items) {
      const item = items[self.int(0, items.length - 1)]
      if (item === undefined) throw new RangeError('nothing to pick from')
      return item
    },
    fork: (name) => dice(hashName(seed, name)),
  }
  return self
}
