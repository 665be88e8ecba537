import { lmdbStore } from '@perun-watcher/store-lmdb'

const answer = 6 * 7
process.stdout.write(JSON.stringify({ place: import.meta.url, native: typeof lmdbStore, answer }))
