import { readFile, writeFile } from 'node:fs/promises'
import type { DeviceOptions } from './device.ts'

/** What is put into a device before it is sent out; its states would come from its channel client. */
export type DeviceFile = Pick<DeviceOptions, 'endpoint' | 'watcherKey' | 'keys' | 'states'>

/** Where the first terminal leaves it for the second. */
export const usualFolder = '.demo'

/** Whole numbers of any size are text with an n at the end. */
export async function writeDeviceFile(path: string, device: DeviceFile): Promise<void> {
  const text = JSON.stringify(device, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value), 2)
  await writeFile(path, `${text}\n`, { mode: 0o600 })
}

export async function readDeviceFile(path: string): Promise<DeviceFile> {
  const text = await readFile(path, 'utf8')
  // The watcher's libraries check all of it again when it is used.
  return JSON.parse(text, (_, value: unknown) =>
    typeof value === 'string' && /^\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value,
  ) as DeviceFile
}
