/**
 * For authors of message transports: what a connection has to be, on the side of the client and of the server.
 *
 * @packageDocumentation
 */
export type { AcceptedConnection, Connection, Connector } from './transport/connection.ts'
export { defaultMaxMessageBytes } from './wire/wire-limits.ts'
