import { library } from '../../tsup.base.ts'

export default library({
  entry: {
    chain: 'src/chain/index.ts',
    store: 'src/store/index.ts',
    transport: 'src/transport/index.ts',
    watcher: 'src/watcher/index.ts',
  },
})
