import { library } from '../../tsup.base.ts'

export default library({
  entry: { index: 'src/index.ts', internal: 'src/internal.ts' },
  // What both entries share is loaded once.
  splitting: true,
})
