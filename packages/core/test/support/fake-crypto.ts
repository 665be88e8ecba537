/** The stand-ins of the model of the adjudicator, under the names that these tests use. */
export {
  modelBackend as fakeBackend,
  modelChannelId as channelIdOf,
  modelSignature as sign,
  modelSigned as signedBy,
  modelStateHash as stateHashOf,
} from '../../src/testing/index.ts'
