import { storeChild } from '@perun-watcher/conformance/store'
import { type Fault, fileStore } from './file-store.ts'

/** Every fault by its name, which comes as an argument. */
const faults: readonly Fault[] = [
  'none',
  'has no lock',
  'has a lock that outlives its process',
  'does not sync',
  'acknowledges before it writes',
]

await storeChild((directory) =>
  fileStore(
    directory,
    faults.find((fault) => fault === process.argv.at(-2)),
  ),
)
