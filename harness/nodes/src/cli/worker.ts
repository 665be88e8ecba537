import { serveSeeds } from '@perun-watcher/harness-kit/serve-seeds'
import { failedRun, runSeed } from '../run/run-seed.ts'

serveSeeds(runSeed, failedRun)
