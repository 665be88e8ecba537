import type { Environment } from '../terminal/output.ts'
import { catalogue, type Setting } from './catalogue.ts'
import { brief, type Given, type Layer, unknownSetting } from './layer.ts'
import { nearest } from './nearest.ts'
import { configVariable, envPrefix } from './places.ts'
import type { Problem } from './problems.ts'
import type { Form } from './setting.ts'

/** Kubernetes sets these variables for a service named `perun-watcher`. */
const kubernetes = /^PERUN_WATCHER_(?:SERVICE_(?:HOST|PORT.*)|PORT(?:_.*)?)$/

/** An empty variable counts as not set. */
export function environmentLayer(env: Environment): Layer {
  const values = new Map<Setting, Given>()
  const problems: Problem[] = []
  const names = catalogue.flatMap(({ env: name }) => name ?? [])
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith(envPrefix) || text === undefined || text === '') continue
    if (name === configVariable || kubernetes.test(name)) continue
    const setting = catalogue.find((each) => each.env === name)
    if (setting === undefined) problems.push(unknownSetting(brief(name), 'environment', nearest(name, names)))
    else values.set(setting, { value: meaningOf(text, setting.form), origin: `environment ${name}` })
  }
  return { values, problems }
}

/** @param flags text by setting key; commander has already refused unknown flags. */
export function flagLayer(flags: ReadonlyMap<string, string>): Layer {
  const values = new Map<Setting, Given>()
  const problems: Problem[] = []
  for (const setting of catalogue) {
    const text = flags.get(setting.key)
    if (text === undefined || setting.flag === undefined) continue
    if (setting.secrecy === 'url' && !text.split(',').every(isBareUrl)) problems.push(secretInFlag(setting))
    else values.set(setting, { value: meaningOf(text, setting.form), origin: `flag ${setting.flag}` })
  }
  return { values, problems }
}

/** Every user of the machine can read command lines, and RPC providers put keys into the path or before the host. */
function isBareUrl(text: string): boolean {
  if (!URL.canParse(text.trim())) return true
  const { username, password, pathname, search, hash } = new URL(text.trim())
  return username === '' && password === '' && search === '' && hash === '' && (pathname === '/' || pathname === '')
}

function secretInFlag({ key, flag, env }: Setting): Problem {
  return {
    key,
    what: `${flag} was given a URL that may hold a secret.`,
    remedy: `Put it into the configuration, into a file named with ${key}_file, or set ${env}.`,
  }
}

/** Converts text to a value of this form; text that cannot be converted is left for the schema to refuse. */
function meaningOf(text: string, form: Form): unknown {
  if (form === 'number' && /^-?\d{1,20}$/.test(text)) return Number(text)
  if (form === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  if (form !== 'list') return text
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}
