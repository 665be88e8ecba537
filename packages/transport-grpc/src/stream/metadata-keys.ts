/** What travels in the headers and trailers of a call besides what gRPC puts there. */
export const metadataKeys = {
  /** Longest message that the sender of these headers takes, in bytes. */
  maxMessageBytes: 'perun-watcher-max-message-bytes',
  /** Without TLS and tokens: the name that the client claims. */
  client: 'perun-watcher-client',
  /** `Bearer` and a token. */
  authorization: 'authorization',
  /** In trailers: the code of the error, see docs/errors.md. */
  errorCode: 'perun-watcher-error',
  /** How messages may be compressed; in the place of what gRPC says itself. */
  acceptEncoding: 'grpc-accept-encoding',
} as const
