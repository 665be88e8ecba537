import type { IncomingMessage } from 'node:http'
import { WatcherError } from '@perun-watcher/core'
import type * as z from 'zod'

/** Requests are small; in bytes. */
const longestBody = 16 * 1024

/** @throws WatcherError `MESSAGE_TOO_LARGE`, or `OPTION_INVALID` if it does not match the schema. */
export async function readJson<Schema extends z.ZodType>(
  request: IncomingMessage,
  schema: Schema,
): Promise<z.output<Schema>> {
  const parsed = schema.safeParse(parse(await read(request)))
  if (parsed.success) return parsed.data
  throw new WatcherError('OPTION_INVALID', 'The request is malformed.', {
    details: parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).slice(0, 10),
  })
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk)
    length += bytes.length
    if (length > longestBody) {
      throw new WatcherError('MESSAGE_TOO_LARGE', `The request has more than ${longestBody} bytes.`)
    }
    chunks.push(bytes)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
