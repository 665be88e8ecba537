import { z } from 'zod'

/** How a value is written: decides how text of the environment and of flags becomes one. */
export type Form = 'text' | 'number' | 'boolean' | 'list' | 'table'

/** All that is said about one setting besides its name, once, for errors, `--help` and the reference page. */
export interface SettingAbout {
  readonly form: Form
  /** Completes "must be …". */
  readonly expected: string
  readonly about: string
  /** In Markdown; `undefined`: there is no default. */
  readonly default: string | undefined
  /** As it is written in TOML. */
  readonly example: string | undefined
  /**
   * `secret`: the value itself is one; it comes by the environment only and is never shown. `url`: may hold a key; only
   * its scheme and host are shown, and a flag takes it only where there is nothing else in it.
   */
  readonly secrecy: 'open' | 'url' | 'secret'
}

/** A kind of values, such as durations. */
export interface Kind<Schema extends z.ZodType> {
  readonly schema: Schema
  readonly form: Form
  readonly expected: string
  readonly secrecy?: SettingAbout['secrecy']
}

type Extras = Partial<Pick<SettingAbout, 'example'>> & {
  /** In Markdown, where the default depends on something. */
  readonly default?: string
}

const registry = z.registry<SettingAbout>()

/** A setting that may be left out. */
export function optional<Schema extends z.ZodType>(
  kind: Kind<Schema>,
  about: string,
  extras: Extras = {},
): z.ZodOptional<Schema> {
  const schema = z.optional(kind.schema)
  registry.add(schema, aboutOf(kind, about, extras.default, extras.example))
  return schema
}

/** A setting with a default, given as one would write it. */
export function setting<Schema extends z.ZodType>(
  kind: Kind<Schema>,
  value: z.input<Schema>,
  about: string,
  extras: Pick<Extras, 'example'> = {},
): z.ZodPrefault<Schema> {
  const schema = z.prefault(kind.schema, value)
  registry.add(schema, aboutOf(kind, about, `\`${JSON.stringify(value)}\``, extras.example))
  return schema
}

function aboutOf(
  { form, expected, secrecy = 'open' }: Kind<z.ZodType>,
  about: string,
  fallback: string | undefined,
  example: string | undefined,
): SettingAbout {
  return { form, expected, secrecy, about, default: fallback, example }
}

/** What was said about a schema made here. */
export function settingAbout(schema: z.ZodType): SettingAbout {
  const about = registry.get(schema)
  if (about === undefined) throw new TypeError('not a setting')
  return about
}
