import { once } from 'node:events'
import { join } from 'node:path'
import { live } from './device.ts'
import { readDeviceFile, usualFolder } from './device-file.ts'

const [folder = usualFolder] = process.argv.slice(2)
const path = join(folder, 'device.json')

const device = await readDeviceFile(path).catch(() => {
  console.error(`There is no ${path}. Start the daemon in another terminal first: npx pnpm@10.34.9 demo:daemon`)
  process.exit(1)
})

console.log(`Device: connecting to ${device.endpoint} as ${device.keys.publicKey}`)
await live({
  ...device,
  onAcknowledged: (version) => console.log(`Device: version ${version} is acknowledged`),
  async sleep() {
    console.log('Device: asleep, not connected. Press Enter to wake it up.')
    await once(process.stdin, 'data')
    process.stdin.destroy()
    console.log('Device: awake')
  },
  onEvent(event) {
    console.log(`Device: heard ${event.type}${'version' in event ? `, version ${event.version}` : ''}`)
  },
})
console.log('Device: nothing is lost.')
