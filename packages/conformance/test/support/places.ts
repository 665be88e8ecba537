import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ChildProgram, StorePlace } from '@perun-watcher/conformance/store'
import { memoryStore } from '@perun-watcher/core'
import type { Store } from '@perun-watcher/core/adapter'
import { type Fault, fileStore } from './file-store.ts'

/** A place for stores in memory, which every one of them finds empty; `broken` may make something else of them. */
export const memoryPlace =
  (broken: (store: Store) => Store = (store) => store) =>
  (): StorePlace => ({
    store: () => broken(memoryStore()),
    async [Symbol.asyncDispose]() {},
  })

/** A directory for stores in files. */
export const filePlace =
  (fault: Fault = 'none') =>
  (): StorePlace => {
    const location = mkdtempSync(join(tmpdir(), 'file-store-'))
    return {
      location,
      store: () => fileStore(location, fault),
      async damage(needle) {
        const file = join(location, 'store')
        const hex = Buffer.from(needle).toString('hex')
        writeFileSync(file, readFileSync(file, 'utf8').replaceAll(hex, `${hex.slice(2)}00`))
      },
      async [Symbol.asyncDispose]() {
        rmSync(location, { recursive: true, force: true })
      },
    }
  }

const script = fileURLToPath(new URL('./file-child.ts', import.meta.url))

export const fileChild = (fault: Fault = 'none'): ChildProgram => ({
  command: process.execPath,
  args: ['--import', 'tsx', script, fault],
})
