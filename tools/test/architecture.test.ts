import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../lib/root.mjs'
import { type TemporaryTree, temporaryTree } from './temporary-tree.ts'

const packages = [
  'core',
  'conformance',
  'transport-local',
  'chain-evm',
  'chain-viem',
  'transport-grpc',
  'devnet',
  'novelty',
]

/** One file with the imports it must not have, and the rule that must say so. */
const breaches: [rule: string, file: string, ...imports: string[]][] = [
  ['packages-of-core', 'packages/core/src/store/a.ts', '@perun-watcher/chain-evm'],
  ['packages-of-conformance', 'packages/conformance/src/a.ts', '@perun-watcher/chain-evm'],
  ['packages-of-transport-local', 'packages/transport-local/src/a.ts', '@perun-watcher/chain-evm'],
  ['packages-of-store-lmdb', 'packages/store-lmdb/src/a.ts', '@perun-watcher/transport-local'],
  ['packages-of-protocol', 'packages/protocol/src/a.ts', '@perun-watcher/transport-local'],
  ['packages-of-transport-zmq', 'packages/transport-zmq/src/a.ts', '@perun-watcher/chain-evm'],
  ['packages-of-transport-grpc', 'packages/transport-grpc/src/a.ts', '@perun-watcher/chain-evm'],
  ['packages-of-chain-evm', 'packages/chain-evm/src/a.ts', '@perun-watcher/chain-viem'],
  ['packages-of-chain-viem', 'packages/chain-viem/src/a.ts', '@perun-watcher/transport-local'],
  ['packages-of-chain-ethers', 'packages/chain-ethers/src/a.ts', '@perun-watcher/chain-viem'],
  ['packages-of-devnet', 'harness/devnet/src/a.ts', '@perun-watcher/core'],
  ['packages-of-kit', 'harness/kit/src/a.ts', '@perun-watcher/devnet'],
  ['packages-of-mutation', 'harness/mutation/src/a.ts', '@perun-watcher/core'],
  ['packages-of-real', 'harness/real/src/a.ts', '@perun-watcher/core'],
  ['packages-of-differential', 'harness/differential/src/a.ts', '@perun-watcher/conformance'],
  ['judge-apart', 'harness/simulation/src/judge/a.ts', '../world/base.ts'],
  ['packages-of-simulation', 'harness/simulation/src/a.ts', '@perun-watcher/chain-evm'],
  ['packages-of-nodes', 'harness/nodes/src/a.ts', '@perun-watcher/transport-local'],
  ['packages-of-crash', 'harness/crash/src/a.ts', '@perun-watcher/conformance'],
  ['packages-of-e2e', 'harness/e2e/src/a.ts', '@perun-watcher/conformance'],
  ['packages-of-interop', 'harness/interop/src/a.ts', '@perun-watcher/core'],
  ['packages-of-daemon', 'apps/daemon/src/a.ts', '@perun-watcher/devnet'],
  ['packages-of-demo', 'apps/demo/src/a.ts', '@perun-watcher/chain-viem'],
  ['packages-of-bench', 'harness/bench/src/a.ts', '@perun-watcher/conformance'],
  ['internal-is-ours', 'examples/guide/src/b.ts', '@perun-watcher/daemon/internal'],
  ['package-is-in-the-law', 'packages/novelty/src/a.ts', '@perun-watcher/core'],
  ['room-is-in-the-law', 'packages/core/src/novelty/a.ts', '../model/base.ts'],
  ['core-room-model', 'packages/core/src/model/a.ts', '../spi/base.ts'],
  ['core-room-spi', 'packages/core/src/spi/a.ts', '../errors/base.ts'],
  ['core-room-errors', 'packages/core/src/errors/a.ts', '../validation/base.ts'],
  ['core-room-async', 'packages/core/src/async/a.ts', '../model/base.ts'],
  ['core-room-async', 'packages/core/src/async/b.ts', '../spi/base.ts'],
  ['core-room-validation', 'packages/core/src/validation/a.ts', '../dispute/base.ts'],
  ['core-room-rules', 'packages/core/src/rules/a.ts', '../dispute/base.ts'],
  ['core-room-dispute', 'packages/core/src/dispute/a.ts', '../validation/base.ts'],
  ['core-room-dispute', 'packages/core/src/dispute/b.ts', '../async/base.ts'],
  ['core-room-store', 'packages/core/src/store/b.ts', '../dispute/base.ts'],
  ['core-room-spending', 'packages/core/src/spending/a.ts', '../dispute/base.ts'],
  ['core-room-events', 'packages/core/src/events/a.ts', '../watcher/engine/base.ts'],
  ['core-room-transfer', 'packages/core/src/transfer/a.ts', '../watcher/engine/base.ts'],
  ['room-is-in-the-law', 'packages/core/src/watcher/a.ts', '../model/base.ts'],
  ['core-room-watcher-channels', 'packages/core/src/watcher/channels/a.ts', '../notifications/base.ts'],
  ['core-room-watcher-notifications', 'packages/core/src/watcher/notifications/a.ts', '../chain/base.ts'],
  ['core-room-watcher-notifications', 'packages/core/src/watcher/notifications/b.ts', '../../dispute/base.ts'],
  ['core-room-watcher-chain', 'packages/core/src/watcher/chain/a.ts', '../disputes/base.ts'],
  ['core-room-watcher-chain', 'packages/core/src/watcher/chain/b.ts', '../../dispute/base.ts'],
  ['core-room-watcher-disputes', 'packages/core/src/watcher/disputes/a.ts', '../clients/base.ts'],
  ['core-room-watcher-clients', 'packages/core/src/watcher/clients/a.ts', '../engine/base.ts'],
  ['core-room-watcher-engine', 'packages/core/src/watcher/engine/a.ts', '../../system/base.ts'],
  ['core-room-watcher-engine', 'packages/core/src/watcher/engine/b.ts', '../../dispute/base.ts'],
  ['core-room-system', 'packages/core/src/system/a.ts', '../watcher/engine/base.ts'],
  ['core-room-testing', 'packages/core/src/testing/a.ts', '../dispute/base.ts'],
  [
    'protocol-room-generated-perun-watcher-v1',
    'packages/protocol/src/generated/perun/watcher/v1/a.ts',
    '../../../../wire/base.ts',
  ],
  ['protocol-room-wire', 'packages/protocol/src/wire/a.ts', '../transport/base.ts'],
  ['protocol-room-transport', 'packages/protocol/src/transport/a.ts', '../receipts/base.ts'],
  ['protocol-room-receipts', 'packages/protocol/src/receipts/a.ts', '../transport/base.ts'],
  ['protocol-room-server-settings', 'packages/protocol/src/server/settings/a.ts', '../observe/base.ts'],
  ['protocol-room-server-observe', 'packages/protocol/src/server/observe/a.ts', '../../wire/base.ts'],
  ['protocol-room-server-outgoing', 'packages/protocol/src/server/outgoing/a.ts', '../requests/base.ts'],
  ['protocol-room-server-requests', 'packages/protocol/src/server/requests/a.ts', '../watches/base.ts'],
  ['protocol-room-server-watches', 'packages/protocol/src/server/watches/a.ts', '../connections/base.ts'],
  ['protocol-room-server-connections', 'packages/protocol/src/server/connections/a.ts', '../../quotas/base.ts'],
  ['protocol-room-server', 'packages/protocol/src/server/a.ts', '../client/connection/base.ts'],
  ['protocol-room-quotas', 'packages/protocol/src/quotas/a.ts', '../server/requests/base.ts'],
  ['protocol-room-client-connection', 'packages/protocol/src/client/connection/a.ts', '../publishing/base.ts'],
  ['protocol-room-client-publishing', 'packages/protocol/src/client/publishing/a.ts', '../channels/base.ts'],
  ['protocol-room-client-events', 'packages/protocol/src/client/events/a.ts', '../connection/base.ts'],
  ['protocol-room-client-channels', 'packages/protocol/src/client/channels/a.ts', '../../server/outgoing/base.ts'],
  ['protocol-room-client', 'packages/protocol/src/client/a.ts', '../server/settings/base.ts'],
  ['transport-zmq-room-settings', 'packages/transport-zmq/src/settings/a.ts', '../security/base.ts'],
  ['transport-zmq-room-socket', 'packages/transport-zmq/src/socket/a.ts', '../frames/base.ts'],
  ['transport-zmq-room-frames', 'packages/transport-zmq/src/frames/a.ts', '../socket/base.ts'],
  ['transport-zmq-room-security', 'packages/transport-zmq/src/security/a.ts', '../frames/base.ts'],
  ['transport-zmq-room-client', 'packages/transport-zmq/src/client/a.ts', '../server/base.ts'],
  ['transport-zmq-room-server', 'packages/transport-zmq/src/server/a.ts', '../client/base.ts'],
  [
    'transport-grpc-room-generated-grpc-health-v1',
    'packages/transport-grpc/src/generated/grpc/health/v1/a.ts',
    '../../../../stream/base.ts',
  ],
  [
    'transport-grpc-room-generated-grpc-reflection-v1',
    'packages/transport-grpc/src/generated/grpc/reflection/v1/a.ts',
    '../../../../stream/base.ts',
  ],
  ['transport-grpc-room-settings', 'packages/transport-grpc/src/settings/a.ts', '../security/base.ts'],
  ['transport-grpc-room-stream', 'packages/transport-grpc/src/stream/a.ts', '../settings/base.ts'],
  ['transport-grpc-room-security', 'packages/transport-grpc/src/security/a.ts', '../stream/base.ts'],
  ['transport-grpc-room-services', 'packages/transport-grpc/src/services/a.ts', '../security/base.ts'],
  ['transport-grpc-room-client', 'packages/transport-grpc/src/client/a.ts', '../server/base.ts'],
  ['transport-grpc-room-server', 'packages/transport-grpc/src/server/a.ts', '../client/base.ts'],
  ['store-lmdb-room-entries', 'packages/store-lmdb/src/entries/a.ts', '../codec/base.ts'],
  ['store-lmdb-room-codec', 'packages/store-lmdb/src/codec/a.ts', '../files/base.ts'],
  ['store-lmdb-room-files', 'packages/store-lmdb/src/files/a.ts', '../reading/base.ts'],
  ['store-lmdb-room-commits', 'packages/store-lmdb/src/commits/a.ts', '../reading/base.ts'],
  ['store-lmdb-room-reading', 'packages/store-lmdb/src/reading/a.ts', '../commits/base.ts'],
  ['store-lmdb-room-maintenance', 'packages/store-lmdb/src/maintenance/a.ts', '../offline/base.ts'],
  ['store-lmdb-room-offline', 'packages/store-lmdb/src/offline/a.ts', '../commits/base.ts'],
  ['room-is-in-the-law', 'packages/protocol/src/novelty/a.ts', '../wire/base.ts'],
  ['room-is-in-the-law', 'packages/protocol/src/server/novelty/a.ts', '../../wire/base.ts'],
  ['daemon-room-terminal', 'apps/daemon/src/terminal/a.ts', '../config/base.ts'],
  ['daemon-room-config', 'apps/daemon/src/config/a.ts', '../keys/base.ts'],
  ['daemon-room-keys', 'apps/daemon/src/keys/a.ts', '../chain/base.ts'],
  ['daemon-room-chain', 'apps/daemon/src/chain/a.ts', '../config/base.ts'],
  ['daemon-room-listen', 'apps/daemon/src/listen/a.ts', '../chain/base.ts'],
  ['daemon-room-control', 'apps/daemon/src/control/a.ts', '../run/base.ts'],
  ['daemon-room-observe', 'apps/daemon/src/observe/a.ts', '../run/base.ts'],
  ['daemon-room-observe-logging', 'apps/daemon/src/observe/logging/a.ts', '../base.ts'],
  ['daemon-room-observe-metrics', 'apps/daemon/src/observe/metrics/a.ts', '../base.ts'],
  ['daemon-room-observe-cross-check', 'apps/daemon/src/observe/cross-check/a.ts', '../base.ts'],
  ['daemon-room-run', 'apps/daemon/src/run/a.ts', '../commands/base.ts'],
  ['daemon-room-commands', 'apps/daemon/src/commands/a.ts', '../observe/base.ts'],
  ['daemon-room-commands-archive', 'apps/daemon/src/commands/archive/a.ts', '../../run/base.ts'],
  ['daemon-room-commands-channels', 'apps/daemon/src/commands/channels/a.ts', '../doctor/base.ts'],
  ['daemon-room-commands-doctor', 'apps/daemon/src/commands/doctor/a.ts', '../../run/base.ts'],
  ['daemon-room-commands-keygen', 'apps/daemon/src/commands/keygen/a.ts', '../../chain/base.ts'],
  ['daemon-room-commands-status', 'apps/daemon/src/commands/status/a.ts', '../doctor/base.ts'],
  ['daemon-room-cli', 'apps/daemon/src/cli/a.ts', '../config/base.ts'],
  ['room-is-in-the-law', 'apps/daemon/src/novelty/a.ts', '../terminal/base.ts'],
  ['daemon-loads-one-library', 'apps/daemon/src/chain/b.ts', './viem-chain.ts'],
  ['daemon-loads-wanted-transports', 'apps/daemon/src/listen/b.ts', './grpc-transport.ts'],
  ['transports-in-their-places', 'apps/daemon/src/run/b.ts', '@perun-watcher/transport-grpc'],
  ['viem-in-its-places', 'apps/daemon/src/keys/b.ts', 'viem'],
  ['ethers-in-its-places', 'apps/daemon/src/keys/c.ts', 'ethers'],
  ['core-without-a-clock', 'packages/core/src/index.ts', './system/base.ts'],
  ['core-without-a-clock', 'packages/core/src/internal.ts', './system/base.ts'],
  ['core-is-pure', 'packages/core/src/model/b.ts', 'node:fs'],
  ['core-is-pure', 'packages/core/src/model/c.ts', 'lodash'],
  ['chain-evm-room-codec', 'packages/chain-evm/src/codec/a.ts', '../rpc/base.ts'],
  ['chain-evm-room-rpc', 'packages/chain-evm/src/rpc/a.ts', '../codec/base.ts'],
  ['chain-evm-room-rpc-failover', 'packages/chain-evm/src/rpc/failover/a.ts', '../../codec/base.ts'],
  ['chain-evm-room-calls', 'packages/chain-evm/src/calls/a.ts', '../records/base.ts'],
  ['chain-evm-room-records', 'packages/chain-evm/src/records/a.ts', '../registered-states/base.ts'],
  ['chain-evm-room-limits', 'packages/chain-evm/src/limits/a.ts', '../logs/base.ts'],
  ['chain-evm-room-verify', 'packages/chain-evm/src/verify/a.ts', '../logs/base.ts'],
  ['chain-evm-room-logs', 'packages/chain-evm/src/logs/a.ts', '../registered-states/base.ts'],
  ['chain-evm-room-registered-states', 'packages/chain-evm/src/registered-states/a.ts', '../logs/base.ts'],
  ['chain-evm-room-value', 'packages/chain-evm/src/value/a.ts', '../logs/base.ts'],
  ['chain-evm-room-transactions-node', 'packages/chain-evm/src/transactions/node/a.ts', '../fees/base.ts'],
  ['chain-evm-room-transactions-fees', 'packages/chain-evm/src/transactions/fees/a.ts', '../lane/base.ts'],
  ['chain-evm-room-transactions-lane', 'packages/chain-evm/src/transactions/lane/a.ts', '../manager/base.ts'],
  ['chain-evm-room-transactions-manager', 'packages/chain-evm/src/transactions/manager/a.ts', '../../logs/base.ts'],
  ['chain-evm-room-backend', 'packages/chain-evm/src/backend/a.ts', '../transactions/lane/base.ts'],
  ['room-is-in-the-law', 'packages/chain-evm/src/novelty/a.ts', '../rpc/base.ts'],
  ['room-is-in-the-law', 'packages/chain-evm/src/transactions/a.ts', '../rpc/base.ts'],
  ['chain-evm-without-client-library', 'packages/chain-evm/src/rpc/b.ts', 'viem'],
  ['chain-evm-without-client-library', 'packages/chain-evm/src/rpc/c.ts', 'ethers/utils'],
  ['viem-in-its-places', 'packages/transport-local/src/b.ts', 'viem/actions'],
  ['ethers-in-its-places', 'packages/chain-viem/src/b.ts', 'ethers'],
  ['ethers-in-its-places', 'examples/guide/src/a.ts', 'ethers'],
  ['devnet-is-for-tests', 'packages/chain-viem/src/c.ts', '@perun-watcher/devnet'],
  ['conformance-is-for-tests', 'packages/transport-local/src/c.ts', '@perun-watcher/conformance'],
  ['sources-do-not-import-tests', 'packages/core/src/model/d.ts', '../../test/a.ts'],
  ['through-the-front-door', 'packages/chain-viem/test/a.ts', '../../core/src/model/base.ts'],
  ['no-cycles', 'packages/core/src/model/e.ts', './f.ts'],
  ['resolvable', 'packages/core/test/b.ts', './nowhere.ts'],
  ['listed-dependency', 'packages/chain-viem/src/d.ts', 'lodash'],
  ['no-development-dependency-in-sources', 'packages/chain-viem/src/e.ts', 'solc'],
  ['no-development-dependency-in-sources', 'packages/chain-viem/src/f.ts', 'vitest'],
]

/** What the law allows, so that a rule that refuses everything does not pass this test. */
const allowed: [file: string, ...imports: string[]][] = [
  ['packages/core/src/model/base.ts'],
  ['packages/core/src/model/f.ts', './e.ts'],
  ['packages/core/src/spi/base.ts', '../model/base.ts'],
  ['packages/core/src/errors/base.ts', '../model/base.ts', '../spi/base.ts'],
  ['packages/core/src/validation/base.ts', '../errors/base.ts'],
  ['packages/core/src/spi/runtime.ts'],
  ['harness/simulation/src/world/base.ts'],
  ['packages/core/src/async/base.ts', '../errors/base.ts', '../spi/runtime.ts'],
  ['packages/core/src/async/back-off.ts'],
  ['packages/core/src/dispute/base.ts', '../errors/base.ts', '../async/back-off.ts'],
  [
    'packages/core/src/watcher/channels/base.ts',
    '../../dispute/base.ts',
    '../../async/base.ts',
    '../../validation/base.ts',
  ],
  ['packages/core/src/watcher/notifications/base.ts', '../channels/base.ts', '../../events/base.ts'],
  ['packages/core/src/watcher/chain/base.ts', '../channels/base.ts', '../notifications/base.ts'],
  ['packages/core/src/watcher/disputes/base.ts', '../chain/base.ts', '../../dispute/base.ts'],
  ['packages/core/src/watcher/clients/base.ts', '../disputes/base.ts', '../channels/base.ts'],
  ['packages/core/src/watcher/engine/base.ts', '../clients/base.ts', '../channels/base.ts'],
  ['packages/core/src/events/base.ts', '../spi/base.ts'],
  ['packages/core/src/system/base.ts', '../spi/base.ts'],
  ['packages/core/src/adapter.ts', './async/base.ts', './watcher/engine/base.ts'],
  ['packages/protocol/src/generated/perun/watcher/v1/base.ts'],
  ['packages/protocol/src/wire/base.ts'],
  ['packages/protocol/src/transport/base.ts'],
  ['packages/protocol/src/receipts/base.ts'],
  ['packages/protocol/src/server/settings/base.ts'],
  ['packages/protocol/src/server/observe/base.ts'],
  ['packages/protocol/src/server/outgoing/base.ts'],
  ['packages/protocol/src/server/requests/base.ts'],
  ['packages/protocol/src/server/watches/base.ts'],
  ['packages/protocol/src/server/connections/base.ts', '../watches/base.ts', '../../transport/base.ts'],
  ['packages/protocol/src/quotas/base.ts', '../server/settings/base.ts'],
  ['packages/protocol/src/server/base.ts', './connections/base.ts'],
  ['packages/protocol/src/client/connection/base.ts'],
  ['packages/protocol/src/client/publishing/base.ts'],
  ['packages/protocol/src/client/channels/base.ts'],
  ['packages/protocol/src/client/events/base.ts'],
  ['packages/protocol/src/client/base.ts', './channels/base.ts'],
  ['packages/transport-zmq/src/settings/base.ts'],
  ['packages/transport-zmq/src/security/base.ts'],
  ['packages/transport-zmq/src/socket/base.ts'],
  ['packages/transport-zmq/src/frames/base.ts'],
  ['packages/transport-zmq/src/client/base.ts', '../security/base.ts'],
  ['packages/transport-zmq/src/server/base.ts', '../frames/base.ts'],
  ['packages/transport-grpc/src/index.ts', './server/base.ts'],
  ['packages/transport-grpc/src/generated/grpc/health/v1/base.ts'],
  ['packages/transport-grpc/src/generated/grpc/reflection/v1/base.ts'],
  ['packages/transport-grpc/src/settings/base.ts'],
  ['packages/transport-grpc/src/stream/base.ts'],
  ['packages/transport-grpc/src/security/base.ts', '../settings/base.ts'],
  ['packages/transport-grpc/src/services/base.ts', '../generated/grpc/health/v1/base.ts'],
  ['packages/transport-grpc/src/client/base.ts', '../security/base.ts'],
  ['packages/transport-grpc/src/server/base.ts', '../services/base.ts'],
  ['packages/store-lmdb/src/entries/base.ts'],
  ['packages/store-lmdb/src/codec/base.ts'],
  ['packages/store-lmdb/src/files/base.ts'],
  ['packages/store-lmdb/src/reading/base.ts'],
  ['packages/store-lmdb/src/commits/base.ts'],
  ['packages/store-lmdb/src/maintenance/base.ts'],
  ['packages/store-lmdb/src/offline/base.ts', '../maintenance/base.ts', '../lmdb-store.ts'],
  ['packages/store-lmdb/src/lmdb-store.ts', './commits/base.ts'],
  ['packages/protocol/src/index.ts', './quotas/base.ts', './client/base.ts', './server/base.ts'],
  [
    'packages/core/test/a.ts',
    '@perun-watcher/core',
    '@perun-watcher/conformance',
    'node:fs',
    'viem',
    'ethers',
    'vitest',
  ],
  ['packages/conformance/src/index.ts', '@perun-watcher/core'],
  ['packages/transport-local/src/index.ts', '@perun-watcher/core', 'node:events'],
  ['packages/chain-evm/src/index.ts', '@perun-watcher/core', './backend/base.ts', './rpc/base.ts'],
  ['packages/chain-evm/src/codec/base.ts'],
  ['packages/chain-evm/src/rpc/base.ts'],
  ['packages/chain-evm/src/rpc/failover/base.ts', '../base.ts'],
  ['packages/chain-evm/src/calls/base.ts', '../rpc/base.ts', '../logs/base.ts'],
  ['packages/chain-evm/src/records/base.ts', '../calls/base.ts', '../codec/base.ts', '../rpc/base.ts'],
  ['packages/chain-evm/src/verify/base.ts', '../codec/base.ts'],
  ['packages/chain-evm/src/logs/base.ts', '../codec/base.ts', '../rpc/base.ts'],
  ['packages/chain-evm/src/registered-states/base.ts', '../codec/base.ts', '../rpc/base.ts'],
  ['packages/chain-evm/src/transactions/node/base.ts', '../../rpc/base.ts'],
  ['packages/chain-evm/src/transactions/fees/base.ts', '../node/base.ts'],
  ['packages/chain-evm/src/transactions/lane/base.ts', '../fees/base.ts', '../node/base.ts'],
  ['packages/chain-evm/src/transactions/manager/base.ts', '../lane/base.ts'],
  [
    'packages/chain-evm/src/backend/base.ts',
    '../transactions/manager/base.ts',
    '../transactions/fees/base.ts',
    '../verify/base.ts',
    '../logs/base.ts',
  ],
  ['packages/chain-viem/src/index.ts', '@perun-watcher/core', '@perun-watcher/chain-evm', 'viem'],
  ['packages/chain-viem/test/b.ts', '../../chain-evm/test/support/suite.ts'],
  ['packages/chain-evm/test/support/suite.ts'],
  ['harness/devnet/src/index.ts', 'viem'],
  ['harness/crash/src/run.ts', '@perun-watcher/core', '@perun-watcher/devnet', 'viem'],
  ['packages/novelty/src/index.ts'],
  ['apps/daemon/src/internal.ts', './terminal/base.ts'],
  ['apps/daemon/src/terminal/base.ts'],
  ['apps/daemon/src/config/base.ts', '../terminal/base.ts'],
  ['apps/daemon/src/keys/base.ts', '../config/base.ts'],
  ['apps/daemon/src/chain/base.ts'],
  ['apps/daemon/src/chain/viem-chain.ts', 'viem'],
  ['apps/daemon/src/chain/ethers-chain.ts', 'ethers'],
  ['apps/daemon/src/listen/base.ts', '../keys/base.ts'],
  ['apps/daemon/src/listen/grpc-transport.ts', '@perun-watcher/transport-grpc'],
  ['apps/daemon/src/run/base.ts', '../config/base.ts', '../chain/base.ts'],
  ['apps/daemon/src/observe/base.ts', '../terminal/base.ts'],
  ['apps/daemon/src/commands/base.ts', '../run/base.ts'],
  ['apps/daemon/src/commands/doctor/base.ts', '../../keys/base.ts'],
  ['apps/demo/src/run.ts', '@perun-watcher/devnet', '@perun-watcher/daemon/internal', 'viem'],
  ['examples/guide/src/index.ts', '@perun-watcher/core', '@perun-watcher/devnet', 'viem'],
]

interface Violation {
  readonly from: string
  readonly rule: { readonly name: string }
}

let tree: TemporaryTree
let violations: readonly Violation[]

function writeModule(path: string, imports: readonly string[]): void {
  const lines = imports.map((name, index) => `import * as import${index} from '${name}'\nexport { import${index} }`)
  tree.write(path, `${lines.join('\n')}\nexport const here = '${path}'\n`)
}

const folderOf = (name: string): string => (name === 'devnet' ? 'harness' : 'packages')

/** A repository in miniature: the npm packages in it are empty, and every package of ours lists the same ones. */
function writeRepository(): void {
  const paths = [
    ...packages.map((name) => [`@perun-watcher/${name}`, [`./${folderOf(name)}/${name}/src/index.ts`]]),
    ['@perun-watcher/daemon/internal', ['./apps/daemon/src/internal.ts']],
  ]
  tree.write('tsconfig.json', JSON.stringify({ compilerOptions: { paths: Object.fromEntries(paths) } }))
  tree.write('package.json', JSON.stringify({ devDependencies: { vitest: '1.0.0' } }))
  for (const name of ['viem', 'viem/actions', 'ethers', 'ethers/utils', 'lodash', 'solc', 'vitest']) {
    tree.write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }))
    tree.write(`node_modules/${name}/index.js`, '')
  }
  for (const [, file, ...imports] of breaches) writeModule(file, imports)
  for (const [file, ...imports] of allowed) writeModule(file, imports)
  for (const [, file] of [...breaches, ...allowed.map(([file]) => ['', file] as const)]) {
    const manifest = {
      dependencies: { ethers: '1.0.0' },
      peerDependencies: { viem: '1.0.0' },
      devDependencies: { solc: '1.0.0', viem: '1.0.0' },
    }
    tree.write(join(...file.split('/').slice(0, 2), 'package.json'), JSON.stringify(manifest))
  }
}

function cruise(): readonly Violation[] {
  const law = join(root, '.dependency-cruiser.cjs')
  const args = ['--config', law, '--output-type', 'json', 'packages', 'apps', 'harness', 'examples']
  const { stdout, stderr } = spawnSync(join(root, 'node_modules/.bin/depcruise'), args, {
    cwd: tree.directory,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  })
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout).summary.violations
}

describe('the import law', () => {
  beforeAll(() => {
    tree = temporaryTree()
    writeRepository()
    violations = cruise()
  })
  afterAll(() => tree.remove())

  it.each(breaches)('%s refuses what %s imports', (rule, file) => {
    expect(violations.filter(({ from }) => from === file).map((violation) => violation.rule.name)).toContain(rule)
  })

  it('allows everything else', () => {
    const innocent = allowed.map(([file]) => file).filter((file) => !file.endsWith('model/f.ts'))
    expect(violations.filter(({ from }) => innocent.includes(from))).toEqual([])
  })

  it('has no rule without a test', () => {
    const print = `process.stdout.write(JSON.stringify(require('./.dependency-cruiser.cjs').forbidden.map((r) => r.name)))`
    const rules: string[] = JSON.parse(execFileSync(process.execPath, ['-e', print], { cwd: root, encoding: 'utf8' }))
    expect(rules.filter((name) => !breaches.some(([rule]) => rule === name))).toEqual([])
  })
})
