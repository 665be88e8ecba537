/** A parameter as the JSON of a contract interface describes it. */
export interface AbiParameter {
  readonly name?: string | undefined
  readonly type: string
  /** The fields, where `type` is a tuple or a list of them. */
  readonly components?: readonly AbiParameter[] | undefined
}

/** A type of the contract interface, ready for decoding. `headBytes`: what it takes up where it stands in a tuple. */
export type AbiType = (
  | { readonly kind: 'uint'; readonly bits: number }
  | { readonly kind: 'address' | 'bool' | 'word' | 'bytes' }
  | { readonly kind: 'list'; readonly item: AbiType }
  | { readonly kind: 'tuple'; readonly fields: readonly AbiField[] }
) & { readonly dynamic: boolean; readonly headBytes: number }

export interface AbiField {
  readonly name: string
  readonly type: AbiType
}

const uintPattern = /^uint(\d+)$/

/**
 * Makes the types of parameters decodable. Knows only what adjudicators use.
 *
 * @throws TypeError for a type that it does not know; a mistake of the program, not of its input.
 */
export function compileAbi(parameters: readonly AbiParameter[]): readonly AbiField[] {
  return parameters.map((parameter) => ({ name: parameter.name ?? '', type: compileType(parameter) }))
}

/** As {@link compileAbi}, for one parameter. */
export function compileType(parameter: AbiParameter): AbiType {
  return compile(parameter.type, parameter.components ?? [])
}

function compile(name: string, components: readonly AbiParameter[]): AbiType {
  if (name.endsWith('[]')) {
    return { kind: 'list', item: compile(name.slice(0, -2), components), dynamic: true, headBytes: 32 }
  }
  if (name === 'tuple') return tuple(compileAbi(components))
  if (name === 'bytes') return { kind: 'bytes', dynamic: true, headBytes: 32 }
  if (name === 'bytes32') return { kind: 'word', dynamic: false, headBytes: 32 }
  if (name === 'address' || name === 'bool') return { kind: name, dynamic: false, headBytes: 32 }
  const bits = uintPattern.exec(name)?.[1]
  if (bits === undefined) throw new TypeError(`unknown ABI type ${name}`)
  return { kind: 'uint', bits: Number(bits), dynamic: false, headBytes: 32 }
}

function tuple(fields: readonly AbiField[]): AbiType {
  const dynamic = fields.some((field) => field.type.dynamic)
  const headBytes = dynamic ? 32 : fields.reduce((sum, field) => sum + field.type.headBytes, 0)
  return { kind: 'tuple', fields, dynamic, headBytes }
}
