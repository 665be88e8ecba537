import type { Addresses } from '../calls/call.ts'
import { emptyWorld, type ModelLedger } from '../calls/model-ledger.ts'
import { answerOf } from './answers.ts'
import { type Side, start } from './side.ts'

export function modelSide(model: ModelLedger, addresses: Addresses): Side {
  return {
    name: 'model',
    async ask(family, calls) {
      let world = emptyWorld
      return calls.map(({ at, call }) => {
        const answered = model.apply(world, call, at)
        world = answered.world
        return answerOf(answered, family, addresses, start)
      })
    },
  }
}
