import { setTimeout } from 'node:timers/promises'
import { silentLogger } from '@perun-watcher/core/adapter'
import { systemClock } from '@perun-watcher/core/system'
import { javascriptEngine } from '../../src/verify/signer-recovery-engine.ts'
import { signerRecoveryPool } from '../../src/verify/signer-recovery-pool.ts'

/** A program that never closes its pool, and has nothing else to wait for than its answers. */
const pool = signerRecoveryPool({ count: 2, engine: javascriptEngine, clock: systemClock, logger: silentLogger })
const question = { digest: new Uint8Array(32), rs: new Uint8Array(64), yParity: 0, canonical: true } as const
await pool.recover([question])
process.stdout.write('one\n')
// Once they rest.
await setTimeout(1)
await Promise.all(Array.from({ length: 300 }, () => pool.recover([question])))
process.stdout.write('two\n')
