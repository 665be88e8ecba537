import { createRegistry, type DescFile, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { type Server, type ServerDuplexStream, status } from '@grpc/grpc-js'
import {
  ServerReflection,
  type ServerReflectionRequest,
  ServerReflectionRequestSchema,
  ServerReflectionResponseSchema,
} from '../generated/grpc/reflection/v1/reflection_pb.js'
import { codecOf } from './codec-of.ts'

type Response = MessageInitShape<typeof ServerReflectionResponseSchema>
type Answer = NonNullable<Response['messageResponse']>

/** `grpc.reflection.v1.ServerReflection`: tells tools which services there are, and what their messages look like. */
export function reflectionService(server: Server, services: readonly string[], files: readonly DescFile[]): void {
  const { read, write } = codecOf(ServerReflectionRequestSchema, ServerReflectionResponseSchema)
  const answer = answers(services, files)

  function info(call: ServerDuplexStream<ServerReflectionRequest, Response>): void {
    call.on('error', () => {})
    call.on('data', (originalRequest: ServerReflectionRequest) => {
      const { host: validHost } = originalRequest
      const isRead = call.write({ validHost, originalRequest, messageResponse: answer(originalRequest) })
      // Asks for no more than is read.
      if (!isRead) call.pause()
    })
    call.on('drain', () => call.resume())
    call.on('end', () => call.end())
  }

  const { typeName, method } = ServerReflection
  server.register(`/${typeName}/${method.serverReflectionInfo.name}`, info, write, read, 'bidi')
}

function answers(services: readonly string[], files: readonly DescFile[]) {
  const all = files.flatMap(withDependencies)
  const registry = createRegistry(...all)
  // Once: to write them again for each question would cost far more than to ask.
  const answerOf = new Map(all.map((file) => [file, fileAnswer(file)]))
  const found = (file: DescFile | undefined): Answer =>
    (file && answerOf.get(file)) ?? failure(status.NOT_FOUND, 'There is no such file or name here.')

  /** The file that defines a name: of a message, an enum, a service, or of a part of one. */
  function fileOf(symbol: string): DescFile | undefined {
    return (registry.get(symbol) ?? registry.get(symbol.slice(0, symbol.lastIndexOf('.'))))?.file
  }

  return ({ messageRequest }: ServerReflectionRequest): Answer => {
    switch (messageRequest.case) {
      case 'listServices': {
        const service = services.map((name) => ({ name }))
        return { case: 'listServicesResponse', value: { service } }
      }
      case 'fileByFilename':
        return found(all.find(({ proto }) => proto.name === messageRequest.value))
      case 'fileContainingSymbol':
        return found(fileOf(messageRequest.value))
      case 'allExtensionNumbersOfType':
        if (registry.getMessage(messageRequest.value) === undefined)
          return failure(status.NOT_FOUND, 'No such message.')
        return {
          case: 'allExtensionNumbersResponse',
          value: { baseTypeName: messageRequest.value, extensionNumber: [] },
        }
      case 'fileContainingExtension':
        return failure(status.NOT_FOUND, 'There are no extensions here.')
      default:
        return failure(status.INVALID_ARGUMENT, 'The request asks for nothing that is known here.')
    }
  }
}

function withDependencies(file: DescFile): DescFile[] {
  return [file, ...file.dependencies.flatMap(withDependencies)]
}

function fileAnswer(file: DescFile): Answer {
  const fileDescriptorProto = withDependencies(file).map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto))
  return { case: 'fileDescriptorResponse', value: { fileDescriptorProto } }
}

function failure(errorCode: status, errorMessage: string): Answer {
  return { case: 'errorResponse', value: { errorCode, errorMessage } }
}
