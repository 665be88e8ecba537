import { describe, expect, it } from 'vitest'
import { eventQueue } from '../../src/adapter.ts'
import type { AdjudicatorEvent } from '../../src/index.ts'
import { describeEvent } from '../../src/testing/index.ts'
import { endangered, fact, learned } from '../support/events.ts'

async function drain(queue: ReturnType<typeof eventQueue>): Promise<readonly string[]> {
  const told: string[] = []
  queue.end()
  for (let event = await queue.next(); event !== undefined; event = await queue.next()) told.push(describeEvent(event))
  return told
}

describe('the event queue', () => {
  it('hands events out in the order in which they came', async () => {
    const queue = eventQueue(10)
    for (const version of [1n, 2n, 3n]) queue.push(fact('registered', version), 1n)
    expect(await drain(queue)).toEqual(['registered 1', 'registered 2', 'registered 3'])
  })

  it('hands an event to whoever has waited longest', async () => {
    const queue = eventQueue(10)
    const [first, second] = [queue.next(), queue.next()]
    queue.push(fact('registered', 1n), 1n)
    queue.push(fact('registered', 2n), 1n)
    expect((await first)?.type).toBe('registered')
    expect(await Promise.all([first, second])).toMatchObject([{ version: 1n }, { version: 2n }])
  })

  it('keeps the newest of each kind when it is full', async () => {
    const queue = eventQueue(3)
    queue.push(endangered('late'), 1n)
    for (const version of [1n, 2n, 3n, 4n]) queue.push(fact('registered', version), 1n)
    queue.push(learned(9n), 1n)
    expect(await drain(queue)).toEqual(['endangered late', 'registered 4', 'learned 9'])
  })

  it('tells facts that were seen apart from facts that are final, and reasons of danger from each other', async () => {
    const queue = eventQueue(4)
    const all = [fact('registered', 1n), fact('registered', 1n, 'final'), endangered('late'), endangered('too-late')]
    for (const event of [...all, ...all]) queue.push(event, 1n)
    expect(await drain(queue)).toEqual(['registered 1', 'registered 1 final', 'endangered late', 'endangered too-late'])
  })

  it('never gives up a final fact for one that was seen, nor one danger for another', async () => {
    const facts = eventQueue(2)
    for (const event of [fact('registered', 1n, 'final'), fact('registered', 2n), fact('registered', 3n)])
      facts.push(event, 1n)
    expect(await drain(facts)).toEqual(['registered 1 final', 'registered 3'])
    const dangers = eventQueue(2)
    for (const event of [endangered('late'), endangered('reverted'), endangered('reverted')]) dangers.push(event, 1n)
    expect(await drain(dangers)).toEqual(['endangered late', 'endangered reverted'])
  })

  it('drops the oldest of all when every kind came once', async () => {
    const queue = eventQueue(2)
    for (const event of [fact('registered', 1n), fact('progressed', 2n), fact('concluded', 3n)]) queue.push(event, 1n)
    expect(await drain(queue)).toEqual(['progressed 2', 'concluded 3'])
  })

  it('gives out what waits after its end, then nothing, then nothing again', async () => {
    const queue = eventQueue(10)
    queue.push(fact('registered', 1n), 1n)
    queue.end()
    queue.push(fact('registered', 2n), 1n)
    expect(await queue.next()).toMatchObject({ version: 1n })
    expect(await queue.next()).toBeUndefined()
    expect(await queue.next()).toBeUndefined()
    expect(queue.error).toBeUndefined()
  })

  it('lets everybody go who waits when it ends', async () => {
    const queue = eventQueue(10)
    const waiting = [queue.next(), queue.next(), queue.next()]
    queue.end(new Error('the chain is gone'))
    expect(await Promise.all(waiting)).toEqual([undefined, undefined, undefined])
    expect(queue.error).toMatchObject({ message: 'the chain is gone' })
  })

  it('keeps the first reason of its end', async () => {
    const queue = eventQueue(10)
    queue.end(new Error('first'))
    queue.end(new Error('second'))
    await queue.close()
    expect(queue.error).toMatchObject({ message: 'first' })
  })

  it('forgets what waits when the reader closes it, once, and tells the writer', async () => {
    let closed = 0
    const queue = eventQueue(10, {
      onClose() {
        closed += 1
      },
    })
    const waitingElsewhere = [queue.next(), queue.next()]
    for (const version of [1n, 2n, 3n]) queue.push(fact('registered', version), 1n)
    await queue.close()
    await queue.close()
    queue.push(fact('registered', 4n), 1n)
    expect(closed).toBe(1)
    expect(await Promise.all(waitingElsewhere)).toMatchObject([{ version: 1n }, { version: 2n }])
    expect(await queue.next()).toBeUndefined()
    expect(queue.error).toBeUndefined()
  })

  it('rejects an aborted wait with the reason, and loses no event to it', async () => {
    const queue = eventQueue(10)
    const reason = new Error('enough')
    const controller = new AbortController()
    const aborted = queue.next({ signal: controller.signal })
    const patient = queue.next()
    controller.abort(reason)
    queue.push(fact('registered', 1n), 1n)
    await expect(aborted).rejects.toBe(reason)
    expect(await patient).toMatchObject({ version: 1n })
    queue.push(fact('registered', 2n), 1n)
    await expect(queue.next({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(await queue.next()).toMatchObject({ version: 2n })
  })

  it('keeps an event that was handed over in the moment of the abort', async () => {
    const queue = eventQueue(10)
    const controller = new AbortController()
    const waiting = queue.next({ signal: controller.signal })
    queue.push(fact('registered', 1n), 1n)
    controller.abort()
    expect(await waiting).toMatchObject({ version: 1n })
  })

  it('leaves no listener on a signal that outlives the wait', async () => {
    const queue = eventQueue(10)
    const { signal } = new AbortController()
    let listeners = 0
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners += 1
      add(...args)
    }
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners -= 1
      remove(...args)
    }
    for (const version of [1n, 2n, 3n]) {
      const waiting = queue.next({ signal })
      queue.push(fact('registered', version), 1n)
      await waiting
    }
    expect(listeners).toBe(0)
  })

  describe('as an iteration', () => {
    const collect = async (queue: ReturnType<typeof eventQueue>): Promise<readonly AdjudicatorEvent[]> => {
      const seen: AdjudicatorEvent[] = []
      for await (const event of queue) seen.push(event)
      return seen
    }

    it('ends with the queue', async () => {
      const queue = eventQueue(10)
      queue.push(fact('registered', 1n), 1n)
      const collecting = collect(queue)
      queue.push(fact('registered', 2n), 1n)
      queue.end()
      expect((await collecting).map(describeEvent)).toEqual(['registered 1', 'registered 2'])
    })

    it('throws the reason of an end that nobody asked for, after the last event', async () => {
      const queue = eventQueue(10)
      const reason = new Error('the store is gone')
      const seen: AdjudicatorEvent[] = []
      const reading = (async () => {
        for await (const event of queue) seen.push(event)
      })()
      queue.push(fact('registered', 1n), 1n)
      queue.end(reason)
      await expect(reading).rejects.toBe(reason)
      expect(seen).toHaveLength(1)
    })

    it('can be left and taken up again', async () => {
      const queue = eventQueue(10)
      for (const version of [1n, 2n, 3n]) queue.push(fact('registered', version), 1n)
      for await (const event of queue) if (event.type === 'registered') break
      queue.end()
      expect((await collect(queue)).map(describeEvent)).toEqual(['registered 2', 'registered 3'])
    })
  })
})

describe('taking an event from the queue', () => {
  it('gives it with its sequence, in order, and nothing after the end', async () => {
    const queue = eventQueue(10)
    queue.push(fact('registered', 1n), 4n)
    expect(await queue.take()).toEqual({ event: fact('registered', 1n), sequence: 4n })
    const waiting = queue.take()
    queue.push(fact('registered', 2n), 7n)
    expect(await waiting).toMatchObject({ event: { version: 2n }, sequence: 7n })
    queue.end()
    expect(await queue.take()).toBeUndefined()
  })

  it('says nothing about the event before, nor does it forget what was handed out by next', async () => {
    const handled: bigint[] = []
    const queue = eventQueue(10, { onHandled: (sequence) => void handled.push(sequence) })
    for (const sequence of [1n, 2n, 3n]) queue.push(fact('registered', sequence), sequence)
    await queue.next()
    await queue.take()
    await queue.take()
    expect(handled).toEqual([])
    queue.end()
    await queue.next()
    expect(handled).toEqual([1n])
  })

  it('rejects an aborted wait with the reason, and loses no event to it', async () => {
    const queue = eventQueue(10)
    const controller = new AbortController()
    const reason = new Error('enough')
    const aborted = queue.take({ signal: controller.signal })
    controller.abort(reason)
    queue.push(fact('registered', 1n), 1n)
    await expect(aborted).rejects.toBe(reason)
    await expect(queue.take({ signal: controller.signal })).rejects.toBe(reason)
    expect(await queue.take()).toMatchObject({ sequence: 1n })
  })
})

describe('an event counts as handled', () => {
  it('when the reader asks for the one after it, not before', async () => {
    const handled: bigint[] = []
    const queue = eventQueue(10, { onHandled: (sequence) => void handled.push(sequence) })
    queue.push(fact('registered', 1n), 4n)
    queue.push(fact('registered', 2n), 7n)
    await queue.next()
    expect(handled).toEqual([])
    await queue.next()
    expect(handled).toEqual([4n])
    const waiting = queue.next()
    expect(handled).toEqual([4n, 7n])
    queue.push(fact('registered', 3n), 8n)
    await waiting
    queue.end()
    expect(handled).toEqual([4n, 7n])
    await queue.next()
    await queue.next()
    expect(handled).toEqual([4n, 7n, 8n])
  })

  it('not when a loop over the queue ends with it', async () => {
    const handled: bigint[] = []
    const queue = eventQueue(10, { onHandled: (sequence) => void handled.push(sequence) })
    for (const version of [1n, 2n, 3n]) queue.push(fact('registered', version), version)
    for await (const event of queue) if ('version' in event && event.version === 2n) break
    expect(handled).toEqual([1n])
  })
})
