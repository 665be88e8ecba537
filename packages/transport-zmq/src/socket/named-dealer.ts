import { Dealer, type SocketOptions } from 'zeromq'

/** ZMQ_ROUTING_ID */
const routingIdOption = 5

/** A DEALER whose routing id is any bytes; zeromq.js takes text only. */
export class NamedDealer extends Dealer {
  constructor(routingId: Buffer, options: SocketOptions<Dealer>) {
    super(options)
    this.setStringOption(routingIdOption, routingId)
  }
}
