import { storeChild } from '@perun-watcher/conformance/store'
import { lmdbStore } from '../../src/index.ts'

await storeChild((path) => lmdbStore({ path }))
