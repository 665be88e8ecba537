import { once } from 'node:events'
import { join } from 'node:path'
import { live } from './device.ts'
import { readDeviceFile, usualFolder } from './device-file.ts'

const [folder = usualFolder] = process.argv.slice(2)
const path = join(folder, 'device.json')

const device = await readDeviceFile(path).catch(() => {
  process.stderr.write(
    `There is no ${path}. Start the daemon in another terminal first: npx pnpm@10.34.9 demo:daemon\n`,
  )
  process.exit(1)
})

say(`connecting to ${device.endpoint} as ${device.keys.publicKey}`)
await live({
  ...device,
  onAcknowledged: (version) => say(`version ${version} is acknowledged`),
  async sleep() {
    say('asleep, not connected. Press Enter to wake it up.')
    await once(process.stdin, 'data')
    process.stdin.destroy()
    say('awake')
  },
  onEvent: (event) => say(`heard ${event.type}${'version' in event ? `, version ${event.version}` : ''}`),
})
say('nothing is lost.')

function say(sentence: string): void {
  process.stdout.write(`Device: ${sentence}\n`)
}
