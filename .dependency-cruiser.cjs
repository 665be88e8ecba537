/**
 * The import law: `pnpm architecture`. Three tables say who may import whom; the rules below are made from them. Whatever a
 * table does not allow is refused, so a new package, a new folder of core or a new room has to be entered here first.
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
  'packages/transport-grpc': ['core', 'protocol'],
  'packages/chain-evm': ['core'],
  'packages/chain-viem': ['core', 'chain-evm'],
  'packages/chain-ethers': ['core', 'chain-evm'],
  'harness/devnet': [],
  'harness/kit': ['core'],
  'harness/mutation': ['kit'],
  'harness/real': ['devnet'],
  'harness/differential': ['core', 'chain-evm', 'devnet', 'kit', 'real'],
  'harness/simulation': ['core', 'kit', 'mutation'],
  // The simulation for its scheduler and its crashing process.
  'harness/nodes': ['core', 'chain-evm', 'kit', 'simulation'],
  'harness/crash': ['core', 'transport-local', 'store-lmdb', 'chain-evm', 'chain-viem', 'devnet', 'kit'],
  // Of the nodes what real endpoints get wrong.
  'harness/e2e': ['core', 'protocol', 'transport-zmq', 'chain-evm', 'devnet', 'kit', 'nodes'],
  // Of e2e the daemon as a process, and the proxy.
  'harness/interop': ['devnet', 'e2e', 'kit', 'real'],
  'apps/daemon': [
    'core',
    'transport-zmq',
    'transport-grpc',
    'protocol',
    'store-lmdb',
    'chain-evm',
    'chain-viem',
    'chain-ethers',
  ],
  // The daemon for how it reaches a chain and speaks to a terminal.
  'apps/demo': ['core', 'transport-local', 'chain-evm', 'devnet', 'real', 'daemon'],
  'harness/bench': [
    'core',
    'transport-local',
    'protocol',
    'transport-zmq',
    'store-lmdb',
    'chain-evm',
    'chain-viem',
    'devnet',
    'kit',
  ],
}

/**
 * The rooms of packages that have them: which rooms a room may import besides itself, or single files of its package. A room
 * is a folder without the folders in it; the files right below `src` connect the rooms, and may import all of them.
 */
const roomsAllowed = {
  'packages/core': {
    model: [],
    spi: ['model'],
    errors: ['model', 'spi'],
    // Waiting and turns: knows errors and the clock, and nothing of channels.
    async: ['errors', 'spi/runtime'],
    // Parsing and checks of what clients hand in.
    validation: ['model', 'spi', 'errors'],
    // What one adjudicator takes, for the backends of it.
    rules: ['model', 'spi'],
    // Pure: of async only the formula for pauses.
    dispute: ['model', 'spi', 'errors', 'async/back-off'],
    store: ['model', 'spi', 'errors'],
    // What transactions cost and may cost, for backends of every ledger.
    spending: ['model', 'spi', 'errors', 'async/time-limit'],
    events: ['model', 'spi', 'errors'],
    // Moving what a store holds into another one.
    transfer: ['model', 'spi', 'errors', 'validation', 'store'],
    // The rooms of the watcher, each of which knows those above it and none below.
    // What is held of each channel: the store, its mirror in memory, and what may become the newest state.
    'watcher/channels': ['model', 'spi', 'errors', 'async', 'validation', 'dispute', 'store'],
    // What clients hear, and what waits for those that are away.
    'watcher/notifications': ['model', 'spi', 'errors', 'async', 'validation', 'store', 'events', 'watcher/channels'],
    // What the adjudicator holds: logs, readings, and states learned from transactions.
    'watcher/chain': ['model', 'spi', 'errors', 'async', 'store', 'watcher/channels', 'watcher/notifications'],
    // Disputes under way.
    'watcher/disputes': [
      'model',
      'spi',
      'errors',
      'async',
      'dispute',
      ...['channels', 'notifications', 'chain'].map((room) => `watcher/${room}`),
    ],
    // What clients ask for: start, publish, stop.
    'watcher/clients': [
      'model',
      'spi',
      'errors',
      'async',
      'validation',
      'dispute',
      'store',
      ...['channels', 'notifications', 'chain', 'disputes'].map((room) => `watcher/${room}`),
    ],
    // Connects the parts, and says what follows from what.
    'watcher/engine': [
      'model',
      'spi',
      'errors',
      'async',
      'validation',
      ...['channels', 'notifications', 'chain', 'disputes', 'clients'].map((room) => `watcher/${room}`),
    ],
    // The machine's clock and chance, an entry point of its own.
    system: ['spi'],
    // The adjudicator in memory, an entry point of its own for tests; judges the dispute rules, so it must not use them.
    testing: ['model', 'spi', 'errors', 'validation', 'rules'],
  },
  'packages/protocol': {
    'generated/perun/watcher/v1': [],
    wire: ['generated/perun/watcher/v1'],
    // What a message transport is, and one inside this process.
    transport: ['wire'],
    receipts: ['wire'],
    'server/settings': ['wire', 'receipts'],
    'server/observe': [],
    // What waits to be sent to a client.
    'server/outgoing': ['wire'],
    'server/requests': ['wire', 'receipts', 'server/settings', 'server/observe', 'server/outgoing'],
    'server/watches': ['wire', 'server/settings', 'server/observe', 'server/outgoing', 'server/requests'],
    'server/connections': [
      'wire',
      'transport',
      ...['settings', 'observe', 'outgoing', 'requests', 'watches'].map((room) => `server/${room}`),
    ],
    server: [
      'wire',
      'transport',
      ...['settings', 'observe', 'requests', 'connections'].map((room) => `server/${room}`),
    ],
    // In front of an engine, for a server: knows what is served, and nothing of connections.
    quotas: ['server/settings'],
    'client/connection': ['wire', 'transport'],
    'client/publishing': ['wire', 'receipts', 'client/connection'],
    'client/events': ['wire'],
    'client/channels': ['wire', 'client/connection', 'client/publishing', 'client/events'],
    client: ['wire', 'transport', 'client/connection', 'client/publishing', 'client/channels'],
  },
  'packages/transport-zmq': {
    settings: [],
    // What libzmq needs on both sides.
    socket: [],
    // What travels on a socket, and what it costs.
    frames: [],
    security: ['settings'],
    client: ['settings', 'socket', 'frames', 'security'],
    server: ['settings', 'socket', 'frames', 'security'],
  },
  'packages/transport-grpc': {
    'generated/grpc/health/v1': [],
    'generated/grpc/reflection/v1': [],
    settings: [],
    // A connection as one call, the same on both sides.
    stream: [],
    security: ['settings'],
    // What a server tells everybody.
    services: ['generated/grpc/health/v1', 'generated/grpc/reflection/v1', 'stream'],
    client: ['settings', 'security', 'stream'],
    server: ['settings', 'security', 'stream', 'services'],
  },
  'packages/store-lmdb': {
    entries: [],
    codec: ['entries'],
    // The files: found, made, opened, owned.
    files: ['entries', 'codec'],
    commits: ['entries', 'codec', 'files'],
    reading: ['entries', 'codec', 'files'],
    // Whole stores while they are open, and while nobody uses them.
    maintenance: ['entries', 'codec', 'files', 'reading'],
    offline: ['codec', 'files', 'reading', 'maintenance', 'lmdb-store'],
  },
  'packages/chain-evm': {
    codec: [],
    rpc: [],
    // One client over several endpoints.
    'rpc/failover': ['rpc'],
    // How large registrations are, and may be.
    limits: [],
    verify: ['codec', 'limits'],
    logs: ['codec', 'rpc'],
    // Calls that change nothing: at a block, or of many ids at once. Of logs what reads blocks.
    calls: ['rpc', 'logs'],
    // What the contract says itself: one record, or many at once.
    records: ['codec', 'rpc', 'logs', 'calls'],
    'registered-states': ['codec', 'rpc'],
    // What the chain holds for a channel.
    value: ['codec', 'rpc', 'calls'],
    'transactions/node': ['rpc', 'rpc/failover/send-everywhere'],
    'transactions/fees': ['rpc', 'transactions/node'],
    // Of codec what reads and hashes a signed transaction.
    'transactions/lane': ['codec', 'rpc', 'transactions/node', 'transactions/fees'],
    'transactions/manager': ['rpc', 'transactions/node', 'transactions/fees', 'transactions/lane'],
    // Of transactions only the manager, and the limits and warnings that users see.
    backend: [
      'codec',
      'rpc',
      'limits',
      'verify',
      'logs',
      'calls',
      'records',
      'registered-states',
      'value',
      'transactions/fees',
      'transactions/manager',
    ],
  },
  'apps/daemon': {
    // How the program speaks to whoever started it.
    terminal: [],
    config: ['terminal'],
    keys: ['config'],
    // The only room with client libraries in it.
    chain: [],
    // Where clients come in: the only room with transports in it.
    listen: ['config', 'keys'],
    // Where a running daemon is asked, and who asks.
    control: [],
    'observe/logging': ['terminal'],
    'observe/metrics': [],
    'observe/cross-check': [],
    observe: [
      'terminal',
      'listen',
      'control',
      ...['logging', 'metrics', 'cross-check'].map((room) => `observe/${room}`),
    ],
    run: [
      'terminal',
      'config',
      'keys',
      'chain',
      'listen',
      'control',
      'observe',
      ...['logging', 'metrics', 'cross-check'].map((room) => `observe/${room}`),
    ],
    // What two commands need belongs to neither of them.
    'commands/archive': ['terminal', 'config', 'control'],
    'commands/channels': ['terminal', 'config', 'control'],
    'commands/doctor': ['terminal', 'config', 'keys', 'chain', 'listen', 'control'],
    'commands/keygen': ['terminal', 'config', 'keys', 'listen'],
    'commands/status': ['terminal', 'config', 'control'],
    commands: ['terminal', 'config', 'control', 'run'],
    cli: [
      'terminal',
      'commands',
      ...['archive', 'channels', 'doctor', 'keygen', 'status'].map((name) => `commands/${name}`),
    ],
  },
}

const ours = '^(?:packages|apps|harness|examples)/'
const tests = '^(?:packages|apps|harness|examples)/[^/]+/test/'
const coreEntries = '^packages/core/src/(?:index|adapter|internal)\\.ts$'
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

/** The rooms of a package as a pattern. */
const roomsOf = (folder, names) => `^${folder}/src/${anyOf(names)}(?:/[^/]+|\\.ts)$`

const roomRules = Object.entries(roomsAllowed).flatMap(([folder, rooms]) =>
  Object.entries(rooms).map(([room, allowed]) => ({
    name: `${folder.split('/').at(-1)}-room-${room.replaceAll('/', '-')}`,
    comment: `${folder}/src/${room} may import: ${allowed.join(', ') || 'nothing of its package outside itself'}.`,
    severity: 'error',
    from: { path: `^${folder}/src/${room}/[^/]+$` },
    to: { path: `^${folder}/src/`, pathNot: roomsOf(folder, [room, ...allowed]) },
  })),
)

module.exports = {
  forbidden: [
    ...packageRules,
    ...roomRules,
    {
      name: 'package-is-in-the-law',
      comment: 'Enter a new package into packagesAllowed in .dependency-cruiser.cjs.',
      severity: 'error',
      from: { path: '^(?:packages|apps|harness)/[^/]+/src/', pathNot: `^${anyOf(Object.keys(packagesAllowed))}/` },
      to: {},
    },
    {
      name: 'room-is-in-the-law',
      comment: 'Enter a new folder of a package with rooms into roomsAllowed in .dependency-cruiser.cjs.',
      severity: 'error',
      from: {
        path: `^${anyOf(Object.keys(roomsAllowed))}/src/.+/`,
        pathNot: Object.entries(roomsAllowed).map(([folder, rooms]) => roomsOf(folder, Object.keys(rooms))),
      },
      to: {},
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
      name: 'daemon-loads-wanted-transports',
      comment: 'Which transports are loaded is for the configuration to say: import these files when they are needed.',
      severity: 'error',
      from: { path: '^apps/daemon/src/' },
      to: { path: '^apps/daemon/src/listen/(?:zmq|grpc)-transport\\.ts$', dynamic: false },
    },
    {
      name: 'transports-in-their-places',
      comment: 'A library of a transport, with all its code, is imported by one file of the daemon.',
      severity: 'error',
      from: {
        path: '^apps/daemon/src/',
        pathNot: '^apps/daemon/src/listen/(?:zmq|grpc)-transport\\.ts$',
      },
      to: { path: '^packages/transport-(?:zmq|grpc)/' },
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
      from: { path: coreEntries },
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
      name: 'internal-is-ours',
      comment: 'An example shows what users may write: not our internal entries.',
      severity: 'error',
      from: { path: '^examples/' },
      to: { path: '^(?:packages|apps)/[^/]+/src/internal\\.ts$' },
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
      name: 'judge-apart',
      comment:
        'The judge reads the contract for itself, and knows nothing of the engine nor of the world that it judges.',
      severity: 'error',
      from: { path: '^harness/simulation/src/judge/' },
      to: {
        path: '^(?:packages|harness)/',
        pathNot: '^(?:harness/simulation/src/judge/|packages/core/src/(?:index|model/|validation/))',
      },
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
