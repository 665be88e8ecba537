import { answersAsRecorded } from './support/recorded-answers.ts'

// Perun's own contracts are asked the same in harness/real.
answersAsRecorded({})
