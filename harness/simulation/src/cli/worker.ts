import { serveSeeds } from '@perun-watcher/harness-kit/serve-seeds'
import { runSeed } from '../run/run-seed.ts'
import { failedRun } from './pool.ts'

serveSeeds(runSeed, failedRun)
