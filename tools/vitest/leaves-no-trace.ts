/**
 * Set up for the test files that share the process of their worker: each must leave it as it found it. What one leaves behind
 * fails that file, and not by chance another one after it.
 */
import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, expect, vi } from 'vitest'

const { privateKey } = generateKeyPairSync('ed25519', {
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
})

/** What a program of ours listens to. Vitest and native libraries come and stay with others. */
const events = ['SIGINT', 'SIGTERM', 'SIGHUP', 'warning'] as const

const variables = { ...process.env }

/** Their names only: a value may be a secret of whoever runs the tests. */
function changedVariables(): readonly string[] {
  const names = new Set([...Object.keys(variables), ...Object.keys(process.env)])
  return [...names].filter((name) => variables[name] !== process.env[name])
}

function processState() {
  return {
    'working directory': process.cwd(),
    'changed environment variables': changedVariables(),
    'exit code': process.exitCode,
    'file mode mask': process.umask(),
    'settings of properties': fc.readConfigureGlobal(),
    // What is put in the place of these changes the outcome of others.
    clock: [Date, Date.now, performance.now, setTimeout, setInterval, setImmediate, queueMicrotask],
    'chance and network': [Math.random, fetch],
    listeners: Object.fromEntries(events.map((event) => [event, process.listenerCount(event)])),
    'fake timers': vi.isFakeTimers(),
    // OpenSSL keeps a queue of errors for each thread, and what is left in it fails the next key that is read.
    'reads a key': readsKey(),
  }
}

function readsKey(): boolean {
  try {
    createPrivateKey(privateKey)
    return true
  } catch {
    return false
  }
}

const before = processState()

afterAll(() => expect(processState(), 'this file must leave the process as it found it').toEqual(before))
