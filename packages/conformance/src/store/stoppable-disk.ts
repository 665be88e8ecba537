import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'

/** The pipes on which the shim announces a sync, and waits until it is granted. */
const askFd = 3
const grantFd = 4

/** Preloaded before the C library: every sync asks first. When the other end is gone, nothing is held up. */
const source = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <unistd.h>

static void ask(void) {
  char byte = 's';
  if (write(${askFd}, &byte, 1) != 1) return;
  struct pollfd grant = { .fd = ${grantFd}, .events = POLLIN };
  while (read(${grantFd}, &byte, 1) < 0 && (errno == EAGAIN || errno == EINTR)) poll(&grant, 1, -1);
}

int fsync(int fd) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  ask();
  return real(fd);
}

int fdatasync(int fd) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  ask();
  return real(fd);
}

int msync(void *start, size_t length, int flags) {
  int (*real)(void *, size_t, int) = (int (*)(void *, size_t, int))dlsym(RTLD_NEXT, "msync");
  ask();
  return real(start, length, flags);
}
`

/** Whether a disk can be held still here; if not, why. */
export function whyNoStoppableDisk(): string | undefined {
  if (process.platform !== 'linux') return 'only on Linux'
  return spawnSync('cc', ['--version']).status === 0 ? undefined : 'no C compiler'
}

export interface Shim extends AsyncDisposable {
  readonly env: NodeJS.ProcessEnv
}

export async function compileShim(): Promise<Shim> {
  const directory = await mkdtemp(join(tmpdir(), 'perun-watcher-shim-'))
  const [code, library] = [join(directory, 'shim.c'), join(directory, 'shim.so')]
  await writeFile(code, source)
  const { status, stderr } = spawnSync('cc', ['-shared', '-fPIC', '-o', library, code, '-ldl'], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`The shim does not compile: ${stderr}`)
  return {
    env: { LD_PRELOAD: library },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  }
}

/** The disk of a child process, which syncs only while nobody holds it. */
export interface StoppableDisk {
  /** Blocks all syncs from now on. Resolves when the first one is waiting. */
  hold(): Promise<void>
  release(): void
}

export function stoppableDisk(ask: Duplex, grant: Duplex): StoppableDisk {
  let waiting = 0
  let onWaiting: (() => void) | undefined
  let isHeld = false

  // The child may be killed while a sync is granted.
  grant.on('error', () => {})
  ask.on('error', () => {})
  ask.on('data', (asked: Buffer) => {
    if (!isHeld) {
      grant.write('g'.repeat(asked.length))
      return
    }
    waiting += asked.length
    onWaiting?.()
  })
  return {
    hold() {
      isHeld = true
      return new Promise((resolve) => {
        onWaiting = resolve
      })
    },
    release() {
      isHeld = false
      grant.write('g'.repeat(waiting))
      waiting = 0
    },
  }
}
