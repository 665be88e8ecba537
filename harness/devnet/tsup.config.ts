import { library } from '../../tsup.base.ts'

// Nothing is cleaned: `dist` also holds the compiled contracts, which tests of a neighbour may be reading right now.
export default library({ clean: false })
