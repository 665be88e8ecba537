import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundle } from '../src/bundle.ts'
import { type Child, ChildEnded, type ChildOptions, Refused, startChild } from '../src/child.ts'
import { temporaryFolder } from '../src/temporary-folder.ts'
import type { EchoAnswer, EchoCommand, EchoSettings } from './support/echo-protocol.ts'

type Echo = Child<EchoSettings, EchoCommand, EchoAnswer>

const folder = temporaryFolder('kit-test')
const script = join(folder.path, 'echo.cjs')
beforeAll(async () => {
  await writeFile(script, await bundle({ entry: new URL('./support/echo.ts', import.meta.url) }))
})
afterAll(() => folder[Symbol.dispose]())

async function start(options: ChildOptions = {}): Promise<Echo & AsyncDisposable> {
  const child: Echo = startChild(script, options)
  child.begin({ greeting: 'good morning' })
  await child.ready
  return {
    ...child,
    async [Symbol.asyncDispose]() {
      child.kill()
      await child.ended
    },
  }
}

describe('a child', () => {
  it('answers many commands at a time, with values that JSON has no form for', async () => {
    await using child = await start()
    const answers = await Promise.all([
      child.ask({ type: 'add', numbers: [1n, 2n] }),
      child.ask({ type: 'add', numbers: [2n ** 70n] }),
    ])
    expect(answers).toEqual([{ sum: 3n }, { sum: 2n ** 70n }])
  })

  it('says what it was not asked', async () => {
    const notices: string[] = []
    await using _child = await start({ onNotice: (message) => notices.push(message) })
    expect(notices).toEqual(['good morning'])
  })

  it('refuses with the code of the error, and goes on', async () => {
    await using child = await start()
    const refused = child.ask({ type: 'refuse', code: 'VERSION_STALE' })
    await expect(refused).rejects.toBeInstanceOf(Refused)
    await expect(refused).rejects.toMatchObject({ code: 'VERSION_STALE' })
    await expect(child.ask({ type: 'refuse' })).rejects.toMatchObject({ code: 'UNKNOWN' })
    expect(await child.ask({ type: 'add', numbers: [] })).toEqual({ sum: 0n })
  })

  it('that is killed leaves nobody waiting, and says how much it took along', async () => {
    await using child = await start()
    const asked = [child.ask({ type: 'hang' }), child.ask({ type: 'hang' })]
    child.kill()
    for (const each of asked) await expect(each).rejects.toBeInstanceOf(ChildEnded)
    expect(await child.ended).toMatchObject({ signal: 'SIGKILL', isByItself: false, unanswered: 2 })
    await expect(child.ask({ type: 'hang' })).rejects.toBeInstanceOf(ChildEnded)
  })

  it('ends by itself after its last command', async () => {
    await using child = await start()
    expect(await child.ask({ type: 'leave' })).toEqual({ sum: 0n })
    expect(await child.ended).toMatchObject({ code: 0, signal: null, isByItself: true, unanswered: 0 })
  })

  it('that cannot start is never ready, and says why', async () => {
    const child: Echo = startChild(script)
    child.begin({ greeting: '', failure: 'no room' })
    await expect(child.ready).rejects.toBeInstanceOf(ChildEnded)
    expect(await child.ended).toMatchObject({ code: 1, complaint: expect.stringContaining('no room') })
  })
})
