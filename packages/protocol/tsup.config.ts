import { library } from '../../tsup.base.ts'

export default library({
  entry: { index: 'src/index.ts', adapter: 'src/adapter.ts', internal: 'src/internal.ts' },
  // What two entries share is loaded once.
  splitting: true,
})
