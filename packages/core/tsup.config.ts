import { library } from '../../tsup.base.ts'

export default library({
  entry: {
    index: 'src/index.ts',
    adapter: 'src/adapter.ts',
    internal: 'src/internal.ts',
    system: 'src/system/system-clock.ts',
    testing: 'src/testing/index.ts',
  },
  // One class and one error, whichever entries a program loads.
  splitting: true,
})
