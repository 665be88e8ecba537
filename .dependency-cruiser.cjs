/**
 * The import law: `pnpm architecture`. Two tables say who may import whom; the rules below are made from them. Whatever a
 * table does not allow is refused, so a new package or a new folder of core has to be entered here first.
 */

/** Which of our packages the sources of a package may import. */
const packagesAllowed = {
  'packages/core': [],
  // The protocol for its `Connection`, which the kit for transports is about.
  'packages/conformance': ['core', 'protocol'],
  'packages/transport-local': ['core'],
  'packages/store-lmdb': ['core'],
  'packages/protocol': ['core'],
  'packages/transport-zmq': ['core', 'protocol'],
  'packages/chain-evm': ['core'],
  'packages/chain-viem': ['core', 'chain-evm'],
  'packages/chain-ethers': ['core', 'chain-evm'],
  'harness/devnet': [],
  'harness/simulation': ['core'],
  'harness/crash': ['core', 'transport-local', 'store-lmdb', 'chain-evm', 'chain-viem', 'devnet', 'simulation'],
  'harness/e2e': ['core', 'protocol', 'transport-zmq', 'chain-evm', 'devnet', 'simulation', 'crash'],
  'apps/daemon': ['core', 'transport-zmq', 'protocol', 'store-lmdb', 'chain-evm', 'chain-viem', 'chain-ethers'],
  // The daemon for how it reaches a chain and speaks to a terminal.
  'apps/demo': ['core', 'transport-local', 'chain-evm', 'devnet', 'daemon'],
  'harness/bench': ['core', 'transport-local', 'protocol', 'transport-zmq', 'store-lmdb', 'chain-evm'],
}

/** Which folders of core a folder of core may import besides itself; `index.ts` may import all but system. */
const coreLayersAllowed = {
  model: [],
  spi: ['model'],
  errors: ['model', 'spi'],
  intake: ['model', 'spi', 'errors'],
  dispute: ['model', 'spi', 'errors'],
  store: ['model', 'spi', 'errors'],
  events: ['model', 'spi', 'errors'],
  // Moving what a store holds into another one.
  transfer: ['model', 'spi', 'errors', 'intake', 'store'],
  watcher: ['model', 'spi', 'errors', 'intake', 'dispute', 'store', 'events'],
  // The machine's clock and chance, an entry point of its own.
  system: ['spi'],
  // The adjudicator in memory, an entry point of its own for tests; judges the dispute rules, so it must not use them.
  testing: ['model', 'spi', 'errors', 'intake'],
}

/** Which rooms of the daemon a room may import besides itself. */
const daemonRoomsAllowed = {
  terminal: [],
  config: ['terminal'],
  keys: ['config'],
  chain: [],
  control: [],
  observe: ['terminal', 'control'],
  run: ['terminal', 'config', 'keys', 'chain', 'control', 'observe'],
  commands: ['terminal', 'config', 'keys', 'chain', 'control', 'run'],
  cli: ['terminal', 'commands'],
}

const ours = '^(?:packages|apps|harness|examples)/'
const tests = '^(?:packages|apps|harness|examples)/[^/]+/test/'
const daemonChain = '^apps/daemon/src/chain/'
const anyOf = (names) => `(?:${names.join('|')})`

/** An npm package, found in node_modules or, when it is not installed, by its bare name. */
const npm = (name) => `(?:^|(?:^|/)node_modules/)${name}(?:/|$)`

const packageRules = Object.entries(packagesAllowed).map(([folder, allowed]) => ({
  name: `packages-of-${folder.split('/').at(-1)}`,
  comment: `The sources of ${folder} may import: ${allowed.join(', ') || 'no other package of ours'}.`,
  severity: 'error',
  from: { path: `^${folder}/src/` },
  to: { path: ours, pathNot: [`^${folder}/`, ...allowed.map((name) => `^(?:packages|harness|apps)/${name}/`)] },
}))

const layerRules = Object.entries(coreLayersAllowed).map(([layer, allowed]) => ({
  name: `core-layer-${layer}`,
  comment: `packages/core/src/${layer} may import: ${allowed.join(', ') || 'nothing outside itself'}.`,
  severity: 'error',
  from: { path: `^packages/core/src/${layer}/` },
  to: { path: '^packages/core/src/', pathNot: `^packages/core/src/${anyOf([layer, ...allowed])}/` },
}))

const daemonRules = Object.entries(daemonRoomsAllowed).map(([room, allowed]) => ({
  name: `daemon-room-${room}`,
  comment: `apps/daemon/src/${room} may import: ${allowed.join(', ') || 'nothing outside itself'}.`,
  severity: 'error',
  from: { path: `^apps/daemon/src/${room}/` },
  to: { path: '^apps/daemon/src/', pathNot: `^apps/daemon/src/${anyOf([room, ...allowed])}/` },
}))

module.exports = {
  forbidden: [
    ...packageRules,
    ...layerRules,
    ...daemonRules,
    {
      name: 'package-is-in-the-law',
      comment: 'Enter a new package into packagesAllowed in .dependency-cruiser.cjs.',
      severity: 'error',
      from: { path: '^(?:packages|apps|harness)/[^/]+/src/', pathNot: `^${anyOf(Object.keys(packagesAllowed))}/` },
      to: {},
    },
    {
      name: 'core-folder-is-in-the-law',
      comment: 'Enter a new folder of core into coreLayersAllowed in .dependency-cruiser.cjs.',
      severity: 'error',
      from: {
        path: '^packages/core/src/',
        pathNot: `^packages/core/src/(?:${anyOf(Object.keys(coreLayersAllowed))}/|index\\.ts$)`,
      },
      to: {},
    },
    {
      name: 'daemon-room-is-in-the-law',
      comment: 'Enter a new room of the daemon into daemonRoomsAllowed in .dependency-cruiser.cjs.',
      severity: 'error',
      from: {
        path: '^apps/daemon/src/',
        pathNot: `^apps/daemon/src/(?:${anyOf(Object.keys(daemonRoomsAllowed))}/|(?:cli|internal)\\.ts$)`,
      },
      to: {},
    },
    {
      name: 'daemon-commands-apart',
      comment: 'What two commands need does not belong to either of them.',
      severity: 'error',
      from: { path: '^apps/daemon/src/commands/([^/]+)/' },
      to: { path: '^apps/daemon/src/commands/', pathNot: '^apps/daemon/src/commands/$1/' },
    },
    {
      name: 'daemon-loads-one-library',
      comment:
        'Which client library is loaded is for the configuration to say: import these files when they are needed.',
      severity: 'error',
      from: { path: '^apps/daemon/src/' },
      to: { path: '^apps/daemon/src/chain/(?:viem|ethers)-chain\\.ts$', dynamic: false },
    },
    {
      name: 'core-is-pure',
      comment: 'Core knows no chain, no socket, no disk: it imports neither node: modules nor npm packages.',
      severity: 'error',
      from: { path: '^packages/core/src/' },
      to: { pathNot: ours },
    },
    {
      name: 'core-without-a-clock',
      comment: 'Time and chance are handed in; only who assembles a program takes them from the machine.',
      severity: 'error',
      from: { path: '^packages/core/src/index\\.ts$' },
      to: { path: '^packages/core/src/system/' },
    },
    {
      name: 'chain-evm-without-client-library',
      comment: 'What viem and ethers share must work without either.',
      severity: 'error',
      from: { path: '^packages/chain-evm/src/' },
      to: { path: [npm('viem'), npm('ethers')] },
    },
    {
      name: 'viem-in-its-places',
      comment:
        'viem belongs to chain-viem; the harness, the chain of the daemon, the demo, examples and tests may use it.',
      severity: 'error',
      from: { pathNot: ['^packages/chain-viem/', '^harness/', daemonChain, '^apps/demo/src/', '^examples/', tests] },
      to: { path: npm('viem') },
    },
    {
      name: 'ethers-in-its-places',
      comment: 'ethers belongs to chain-ethers; the chain of the daemon and tests may use it.',
      severity: 'error',
      from: { pathNot: ['^packages/chain-ethers/', daemonChain, tests] },
      to: { path: npm('ethers') },
    },
    {
      name: 'devnet-is-for-tests',
      comment: 'Users must never depend on the devnet: only tests, the harness, examples and the demo import it.',
      severity: 'error',
      from: { path: ours, pathNot: [tests, '^apps/demo/src/', '^examples/', '^harness/'] },
      to: { path: '^harness/devnet/' },
    },
    {
      name: 'conformance-is-for-tests',
      comment: 'The test kits are imported by tests.',
      severity: 'error',
      from: { path: ours, pathNot: [tests, '^packages/conformance/'] },
      to: { path: '^packages/conformance/' },
    },
    {
      name: 'sources-do-not-import-tests',
      severity: 'error',
      from: { pathNot: tests },
      to: { path: tests },
    },
    {
      name: 'through-the-front-door',
      comment:
        'Import another package by its name, not by a path into its files. Tests may share a test/support folder.',
      severity: 'error',
      from: { path: '^((?:packages|apps|harness|examples)/[^/]+)/' },
      to: {
        path: ours,
        pathNot: ['^$1/', '^(?:packages|apps|harness)/[^/]+/test/support/'],
        dependencyTypesNot: ['aliased'],
      },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      comment: 'The import leads nowhere: a typing error, or a dependency missing in package.json.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'listed-dependency',
      comment: 'A package that is imported must be in the package.json of the package that imports it.',
      severity: 'error',
      from: { path: ours },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-development-dependency-in-sources',
      comment: 'Users do not get devDependencies.',
      severity: 'error',
      from: { path: '^(?:packages|apps|harness)/[^/]+/src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm', 'npm-peer', 'type-only'] },
    },
  ],
  options: {
    // Packages see each other's sources, so this needs no build.
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    // Tests share the tools of the root package.json; `no-development-dependency-in-sources` keeps them out of sources.
    combinedDependencies: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(?:^|/)dist/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
  },
}
