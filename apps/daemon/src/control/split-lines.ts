/**
 * Splits a stream of text into lines, without their line breaks.
 *
 * @param tooLong makes the error that is thrown for a line of more than `longest` characters.
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
