import * as z from 'zod'

/** How a value is written; decides how text from the environment and from flags is converted. */
export type Form = 'text' | 'number' | 'boolean' | 'list' | 'table'

/** The description of a setting, shared by errors, `--help` and the reference page. */
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
   * `secret`: only accepted from the environment, and never shown. `url`: may contain a key; only scheme and host are
   * shown, and a flag may not contain more than those.
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

/** An optional setting. */
export function optional<Schema extends z.ZodType>(
  kind: Kind<Schema>,
  about: string,
  extras: Extras = {},
): z.ZodOptional<Schema> {
  const schema = z.optional(kind.schema)
  registry.add(schema, aboutOf(kind, about, extras.default, extras.example))
  return schema
}

/** A setting with a default, which is given as it would be written in the file. */
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

/** The description of a schema that was made here. */
export function settingAbout(schema: z.ZodType): SettingAbout {
  const about = registry.get(schema)
  if (about === undefined) throw new TypeError('not a setting')
  return about
}
