import { create, createFileRegistry, fromBinary, toBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { type Client, Metadata } from '@grpc/grpc-js'
import { describe, expect, it } from 'vitest'
import {
  type ServerReflectionRequest,
  ServerReflectionRequestSchema,
  type ServerReflectionResponse,
  ServerReflectionResponseSchema,
} from '../src/generated/grpc/reflection/v1/reflection_pb.js'
import { connectPath } from '../src/stream/method.ts'
import { check, next, Serving, watch } from './support/health.ts'
import { pair, serve, stranger, talk } from './support/world.ts'

describe('the health service', () => {
  it('says to everybody that the watcher serves, as a whole and by name', async () => {
    const client = stranger((await serve()).address)
    for (const service of ['', 'perun.watcher.v1.Watcher']) expect(await check(client, service)).toBe(Serving.SERVING)
    await expect(check(client, 'perun.Other')).rejects.toMatchObject({ code: 5 })
  })

  it('says so to those who watch it whenever it changes', async () => {
    const { address, server } = await serve()
    const client = stranger(address)
    const [known, unknown] = [watch(client, ''), watch(client, 'perun.Other')]
    expect(await Promise.all([next(known), next(unknown)])).toEqual([Serving.SERVING, Serving.SERVICE_UNKNOWN])
    server.setServing(true)
    server.setServing(false)
    expect(await next(known)).toBe(Serving.NOT_SERVING)
    expect(await check(client, '')).toBe(Serving.NOT_SERVING)
    server.setServing(true)
    expect(await next(known)).toBe(Serving.SERVING)
  })

  it('says that the watcher does not serve from the first moment on, where that is what it was told', async () => {
    const { address, server } = await serve({ isServing: false })
    const client = stranger(address)
    expect(await check(client, '')).toBe(Serving.NOT_SERVING)
    server.setServing(true)
    expect(await check(client, '')).toBe(Serving.SERVING)
  })

  it('gives back the places of those who are done, and bounds them', async () => {
    const world = await serve({ limits: { maxAnonymousCalls: 2 } })
    const client = stranger(world.address)
    const calls = [watch(client, ''), watch(client, '')]
    await Promise.all(calls.map(next))
    await expect(check(client, '')).rejects.toMatchObject({ code: 8 })
    await talk(await pair(world))
    calls[0]?.cancel()
    await expect.poll(() => world.server.stats.anonymousCalls, { timeout: 60_000 }).toBe(1)
    expect(await check(client, '')).toBe(Serving.SERVING)
  })
})

type Question = ServerReflectionRequest['messageRequest']
type Answer = ServerReflectionResponse['messageResponse']

/** What the server answers to these questions, asked in one call. */
async function ask(client: Client, ...questions: readonly Question[]): Promise<Answer[]> {
  const call = client.makeBidiStreamRequest(
    '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
    (messageRequest: Question) =>
      Buffer.from(toBinary(ServerReflectionRequestSchema, create(ServerReflectionRequestSchema, { messageRequest }))),
    (bytes: Buffer): Answer => fromBinary(ServerReflectionResponseSchema, bytes).messageResponse,
    new Metadata(),
  )
  for (const question of questions) call.write(question)
  call.end()
  const answers: Answer[] = []
  for await (const answer of call) answers.push(answer)
  return answers
}

describe('the reflection service', () => {
  it('names everything that is served', async () => {
    const [answer] = await ask(stranger((await serve()).address), { case: 'listServices', value: '' })
    if (answer?.case !== 'listServicesResponse') throw new Error(`answered with ${answer?.case}`)
    expect(answer.value.service.map(({ name }) => name)).toEqual([
      'perun.watcher.v1.Watcher',
      'grpc.health.v1.Health',
      'grpc.reflection.v1.ServerReflection',
    ])
  })

  it('gives the schema from which a client can be made', async () => {
    const [bySymbol, byFile] = await ask(
      stranger((await serve()).address),
      { case: 'fileContainingSymbol', value: 'perun.watcher.v1.Watcher.Connect' },
      { case: 'fileByFilename', value: 'perun/watcher/v1/service.proto' },
    )
    if (bySymbol?.case !== 'fileDescriptorResponse') throw new Error(`answered with ${bySymbol?.case}`)
    expect(byFile).toEqual(bySymbol)
    const file = bySymbol.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes))
    const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: file.reverse() }))
    const { name, parent } = registry.getService('perun.watcher.v1.Watcher')?.method['connect'] ?? {}
    expect(`/${parent?.typeName}/${name}`).toBe(connectPath)
    expect(registry.getMessage('perun.watcher.v1.ClientMessage')?.fields.map((field) => field.name)).toContain('hello')
  })

  it('says of everything else that it is not there', async () => {
    const answers = await ask(
      stranger((await serve()).address),
      { case: 'fileContainingSymbol', value: 'perun.Other' },
      { case: 'fileByFilename', value: '../../etc/passwd' },
      {
        case: 'fileContainingExtension',
        value: { $typeName: 'grpc.reflection.v1.ExtensionRequest', containingType: 'a', extensionNumber: 1 },
      },
      { case: 'allExtensionNumbersOfType', value: 'perun.watcher.v1.Hello' },
      { case: undefined },
    )
    expect(answers.map((answer) => (answer.case === 'errorResponse' ? answer.value.errorCode : answer.case))).toEqual([
      5,
      5,
      5,
      'allExtensionNumbersResponse',
      3,
    ])
  })
})
