import { readFile } from 'node:fs/promises'
import { toError } from '@perun-watcher/core/adapter'
import { parse, TomlError } from 'smol-toml'
import { catalogue, type Setting, sectionNames, settingOf } from './catalogue.ts'
import { brief, type Given, type Layer, unknownSetting } from './layer.ts'
import { nearest } from './nearest.ts'
import type { Problem } from './problems.ts'

/** Far more than any configuration needs; anything longer is the wrong file. */
const longestFile = 1024 * 1024

type Table = Readonly<Record<string, unknown>>

const isTable = (value: unknown): value is Table =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)

const unusable = (key: string, what: string, remedy: string): Layer => ({
  values: new Map(),
  problems: [{ key, what, remedy }],
})

export async function fileLayer(file: string): Promise<Layer> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    return unusable(
      'config',
      `The file ${file} cannot be read: ${toError(error).message}.`,
      'Check path and permissions.',
    )
  }
  return textLayer(text, file)
}

/** @param file its name, for errors. */
export function textLayer(text: string, file: string): Layer {
  if (text.length > longestFile) {
    return unusable('config', `The file ${file} is longer than ${longestFile} characters.`, 'Name the right file.')
  }
  try {
    return tableLayer(parse(text, { maxDepth: 8 }), file)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    // The rest of its message quotes the file, which may hold a secret.
    const [reason] = error.message.split('\n')
    const where = `line ${error.line}, column ${error.column}`
    return unusable('config', `The file ${file} is not valid TOML: ${reason} (${where}).`, 'Correct the line.')
  }
}

function tableLayer(table: Table, file: string): Layer {
  const origin = `file ${file}`
  const sections = Object.entries(table).map(([section, content]) => sectionLayer(section, content, origin))
  return {
    values: new Map(sections.flatMap(({ values }) => [...values])),
    problems: sections.flatMap(({ problems }) => problems),
  }
}

function sectionLayer(section: string, content: unknown, origin: string): Layer {
  if (!sectionNames.includes(section)) {
    return {
      values: new Map(),
      problems: [unknownSetting(`[${brief(section)}]`, origin, nearest(section, sectionNames))],
    }
  }
  if (!isTable(content)) {
    return unusable(section, `${section} must be a section (${origin}).`, `Write [${section}].`)
  }
  const values = new Map<Setting, Given>()
  const problems: Problem[] = []
  for (const [name, value] of Object.entries(content)) {
    const key = `${section}.${name}`
    const setting = settingOf(key)
    if (setting === undefined) problems.push(unknownSetting(brief(key), origin, nearestKey(key)))
    else if (setting.secrecy === 'secret') problems.push(secretInFile(setting, origin))
    else values.set(setting, { value, origin })
  }
  return { values, problems }
}

function secretInFile({ key, env }: Setting, origin: string): Problem {
  return {
    key,
    what: `${key} is a secret and must not be in the configuration (${origin}).`,
    remedy: `Put it into a file of its own and name that with ${key}_file, or set ${env}.`,
  }
}

const keys = catalogue.map(({ key }) => key)

/** A name in the wrong section is a likelier mistake than a misspelt one. */
function nearestKey(key: string): string | undefined {
  const [, name] = key.split('.')
  const [moved, ...others] = catalogue.filter((setting) => setting.name === name)
  if (moved !== undefined && others.length === 0) return moved.key
  return nearest(key, keys)
}
