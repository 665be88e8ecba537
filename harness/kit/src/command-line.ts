import { parseArgs } from 'node:util'

/** The command was called wrongly. The message is for whoever typed it. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export interface CommandLineSpec<Value extends string, Flag extends string> {
  /** Options that take a value. */
  readonly values: readonly Value[]
  /** Options that take none, besides `json` and `help`, which every command has. */
  readonly flags?: readonly Flag[]
  /** Whether there may be arguments that belong to no option. Default: no. */
  readonly takesPositionals?: boolean
}

/** What was typed. Each reader returns `undefined` where the option is missing, and throws `UsageError` for a bad value. */
export interface CommandLine<Value extends string, Flag extends string> {
  has(flag: Flag | 'json' | 'help'): boolean
  text(name: Value): string | undefined
  /** @param least Default: 1. */
  wholeNumber(name: Value, least?: number): number | undefined
  /** Separated by commas, or given more than once. */
  wholeNumbers(name: Value, least?: number): readonly number[] | undefined
  positiveNumber(name: Value): number | undefined
  oneOf<Choice extends string>(name: Value, choices: readonly Choice[]): Choice | undefined
  /** Separated by commas, or given more than once. */
  someOf<Choice extends string>(name: Value, choices: readonly Choice[]): readonly Choice[] | undefined
  readonly positionals: readonly string[]
}

/** @throws UsageError for an unknown option or a missing value. */
export function parseCommandLine<Value extends string, Flag extends string = never>(
  args: readonly string[],
  { values, flags = [], takesPositionals = false }: CommandLineSpec<Value, Flag>,
): CommandLine<Value, Flag> {
  const given = parsed(args, values, ['json', 'help', ...flags], takesPositionals)

  function text(name: Value): string | undefined {
    return given.texts(name).at(-1)
  }

  /** An option that is given twice adds to the list. */
  function list(name: Value): readonly string[] | undefined {
    const texts = given.texts(name)
    return texts.length === 0 ? undefined : texts.flatMap((each) => each.split(',')).filter((item) => item !== '')
  }

  return {
    has: (flag) => given.flags.has(flag),
    text,
    wholeNumber(name, least = 1) {
      const value = text(name)
      return value === undefined ? undefined : wholeNumber(value, name, least)
    },
    wholeNumbers: (name, least = 1) => list(name)?.map((item) => wholeNumber(item, name, least)),
    positiveNumber(name) {
      const value = text(name)
      if (value === undefined) return undefined
      const number = Number(value)
      if (!(number > 0)) throw new UsageError(`--${name} must be a number above 0.`)
      return number
    },
    oneOf(name, choices) {
      const value = text(name)
      return value === undefined ? undefined : choice(value, name, choices)
    },
    someOf: (name, choices) => list(name)?.map((item) => choice(item, name, choices)),
    positionals: given.positionals,
  }
}

interface Given {
  texts(name: string): readonly string[]
  readonly flags: ReadonlySet<string>
  readonly positionals: readonly string[]
}

function parsed(
  args: readonly string[],
  values: readonly string[],
  flags: readonly string[],
  allowPositionals: boolean,
): Given {
  const options = Object.fromEntries([
    ...values.map((name) => [name, { type: 'string', multiple: true }] as const),
    ...flags.map((name) => [name, { type: 'boolean' }] as const),
  ])
  try {
    // pnpm hands on the `--` that separates a script's arguments.
    const { values: found, positionals } = parseArgs({
      args: args.filter((each) => each !== '--'),
      options,
      allowPositionals,
    })
    const byName = new Map<string, unknown>(Object.entries(found))
    return {
      texts: (name) => [byName.get(name)].flat().filter((value) => typeof value === 'string'),
      flags: new Set(flags.filter((name) => byName.get(name) === true)),
      positionals,
    }
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function wholeNumber(text: string, name: string, least: number): number {
  const number = Number(text)
  if (text.trim() === '' || !Number.isSafeInteger(number) || number < least) {
    throw new UsageError(`--${name} must be a whole number of at least ${least}.`)
  }
  return number
}

function choice<Choice extends string>(text: string, name: string, choices: readonly Choice[]): Choice {
  const found = choices.find((each) => each === text)
  if (found === undefined) throw new UsageError(`--${name} must be one of ${choices.join(', ')}, not ${text}.`)
  return found
}
