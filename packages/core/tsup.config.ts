import { library } from '../../tsup.base.ts'

export default library({
  entry: { index: 'src/index.ts', system: 'src/system/system-clock.ts', testing: 'src/testing/index.ts' },
})
