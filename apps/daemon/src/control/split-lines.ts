/**
 * Text that comes in pieces as lines without their ends, one at a time.
 *
 * @param tooLong makes the error for a line of more than `longest` characters.
 */
export async function* splitLines(
  pieces: AsyncIterable<string>,
  longest: number,
  tooLong: () => Error,
): AsyncGenerator<string, void, undefined> {
  let rest = ''
  for await (const piece of pieces) {
    const lines = `${rest}${piece}`.split('\n')
    rest = lines.pop() ?? ''
    yield* lines
    if (rest.length > longest) throw tooLong()
  }
  if (rest !== '') yield rest
}
