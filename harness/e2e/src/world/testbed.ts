import { type Device, startDevice } from '../device/device.ts'
import { type Daemon, startDaemon } from './daemon.ts'
import type { Settings } from './daemon-config.ts'
import { bundlePrograms, type Programs } from './programs.ts'
import { startTestChain, type TestChain, type TestChainOptions } from './test-chain.ts'

/** A chain and the programs, for one scenario after the other. */
export interface Testbed extends AsyncDisposable {
  readonly chain: TestChain
  readonly programs: Programs
  /** @param folder where its configuration and its data are, some of it already. Default: a fresh one. */
  startDaemon(settings?: Settings, folder?: string): Promise<Daemon>
  startDevice(daemon: Daemon, keys?: Device['keys']): Device
}

export async function startTestbed(options: TestChainOptions = {}): Promise<Testbed> {
  const programs = await bundlePrograms()
  try {
    const chain = await startTestChain(options)
    const { devnet } = chain
    return {
      chain,
      programs,
      startDaemon: (settings = {}, folder = programs.newFolder()) =>
        startDaemon({ program: programs.daemon, folder, devnet, settings }),
      startDevice: (daemon, keys) => startDevice(programs.device, daemon, keys),
      async [Symbol.asyncDispose]() {
        await chain[Symbol.asyncDispose]()
        programs[Symbol.dispose]()
      },
    }
  } catch (error) {
    programs[Symbol.dispose]()
    throw error
  }
}
