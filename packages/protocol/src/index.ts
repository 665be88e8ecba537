/**
 * The Perun watcher over any message transport: the wire protocol, its server and its client.
 *
 * @packageDocumentation
 */
export type { AcceptedConnection, Connection, Connector } from './connection.ts'
