import { Dealer, type SocketOptions } from 'zeromq'

/** ZMQ_ROUTING_ID */
const routingIdOption = 5

/** A DEALER whose routing id may be any bytes; zeromq.js accepts only text. */
export class NamedDealer extends Dealer {
  constructor(routingId: Buffer, options: SocketOptions<Dealer>) {
    super(options)
    this.setStringOption(routingIdOption, routingId)
  }
}
