import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf'

/** Messages of a schema as gRPC reads and writes them. */
export function codecOf<In extends DescMessage, Out extends DescMessage>(input: In, output: Out) {
  return {
    read: (bytes: Buffer): MessageShape<In> => fromBinary(input, bytes),
    write: (message: MessageInitShape<Out>): Buffer => Buffer.from(toBinary(output, create(output, message))),
  }
}
