/**
 * For authors of message transports: what a connection must be, on either side.
 *
 * @packageDocumentation
 */
export type { AcceptedConnection, Connection, Connector } from './transport/connection.ts'
export { defaultMaxMessageBytes } from './wire/wire-limits.ts'
