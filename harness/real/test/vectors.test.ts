import { answersAsRecorded } from '../../devnet/test/support/recorded-answers.ts'
import { onPerunsContracts } from './support/on-contracts.ts'

// Ids, hashes, signatures and scenarios that were recorded once: Perun's own contracts still answer as they did then.
await onPerunsContracts(answersAsRecorded)
