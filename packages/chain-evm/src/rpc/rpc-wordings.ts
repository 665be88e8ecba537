/** What a text can say of a request that failed; see `RpcFailure`. */
export type TextMeaning = 'call' | 'size' | 'service' | 'method' | 'history'

interface Row {
  readonly pattern: RegExp
  readonly meaning: TextMeaning
  /** Only where the pattern means that for these methods; all others otherwise. */
  readonly methods?: RegExp
}

const logs = /^eth_getLogs$/
const running = /^(eth_call|eth_estimateGas|eth_sendRawTransaction)$/
const sending = /^eth_sendRawTransaction$/

/**
 * Wording by node and provider, first match wins. Specific before general: providers speak of plans and limits also where
 * they mean the range. Sources, next to those that `classify-error.ts` names:
 * geth: eth/filters/api.go, eth/filters/filter.go, rpc/errors.go, rpc/handler.go, trie/errors.go, core/state/database.go.
 * reth: crates/rpc/rpc-eth-types/src/error, crates/rpc/rpc/src/eth/filter.rs; jsonrpsee-types/src/error.rs.
 * erigon: turbo/jsonrpc/eth_receipts.go. nethermind: Nethermind.JsonRpc/Modules/Eth/EthRpcModule.cs.
 * besu: ethereum/api, jsonrpc/internal/response/RpcErrorType.java. proxyd: ethereum-optimism/infra proxyd/errors.go.
 * Alchemy, Infura, QuickNode, Ankr, dRPC, Chainstack, PublicNode, 1RPC, Blast, Cloudflare, BNB Chain, Harmony, zkSync, Flare:
 * as told in public issues of ponder, mud, hyperlane, dank_mids, cartesi, eRPC and INFURA/infura.
 */
const rows: readonly Row[] = [
  // Before all else: the reason of a revert may read like anything.
  { methods: running, meaning: 'call', pattern: /execution reverted|vm execution error|reverted with/ },

  // A delivery says nothing about ranges, and its own "too large" is a verdict about the transaction.
  {
    methods: sending,
    meaning: 'call',
    pattern: /already known|known transaction|alreadyknown|already imported|same hash/,
  },
  { methods: sending, meaning: 'call', pattern: /nonce|underpriced|fee|gas price|insufficient|not enough funds/ },
  { methods: sending, meaning: 'call', pattern: /upfront cost|intrinsic|gas limit|block gas|gas too high|initcode/ },
  { methods: sending, meaning: 'call', pattern: /oversized|rlp|tx ?size|(transaction|tx) .*too (large|big)/ },
  {
    methods: sending,
    meaning: 'call',
    pattern: /invalid sender|chain ?id|transaction type|replay-protected|pool.*full/,
  },
  {
    methods: sending,
    meaning: 'call',
    pattern: /txpool|transaction limit|account limit|queue full|future transaction/,
  },

  // geth and others "block range extends beyond current head block", "invalid block range params": a block that is not there.
  {
    pattern: /beyond (the )?(current )?(head|latest|chain)|invalid block range|after last accepted block/,
    meaning: 'history',
  },
  // besu, erigon, nethermind: the newest block that was asked for is not there yet.
  { pattern: /(block|header|state).{0,40}(not yet|is in the future|greater than (the )?latest)/, meaning: 'history' },

  // "block range is too wide", "range too large", "block range too high", "range 1000000 exceeds limit of 10000".
  {
    pattern: /range (is |was )?too|too (large|wide|big|high|long) (block )?range|range [\d,_]+ exceeds/,
    meaning: 'size',
  },
  // "exceed maximum block range: 5000", "Max range: 800", "query exceeds max block range 100000", "block range limit exceeded".
  {
    pattern: /max(imum)?( allowed)?( block)? range|(block )?range (limit|exceed)|exceeds? the (block )?range/,
    meaning: 'size',
  },
  {
    pattern: /exceed(s|ed)? (max |maximum |the )?(allowed |permitted )?(block )?range|range .{0,20}not supported/,
    meaning: 'size',
  },
  // "ranges over 10000 blocks are not supported on freetier", "up to a 10 block range", "limited to a 10,000 range".
  { pattern: /ranges? over|[\d,_]+ ?-? ?(block|blocks)? ?range|[\d,_]+ blocks? range/, meaning: 'size' },
  // "limited to 0 - 10000 blocks", "maximum is 30 blocks", "at most 1000 blocks", "must be smaller than size 1024".
  {
    pattern: /(limit(ed)? to|maximum (is|of|allowed)|at most|max(imum)? is|more than|up to) [^.]{0,12}[\d,_k]+ blocks/,
    meaning: 'size',
  },
  {
    pattern: /smaller than size|(block|blocks|range).{0,30}(requested|distance).{0,30}(exceed|large|limit)/,
    meaning: 'size',
  },
  // besu "Requested range exceeds maximum range limit"; "please limit the query", "reduce query block range", "narrow".
  {
    pattern: /requested range exceeds|limit (the|your) query|reduce (the |your )?(query|range|block)|narrow/,
    meaning: 'size',
  },
  {
    pattern: /retry with the range|try with this block range|should work: ?\[|smaller (block )?range/,
    meaning: 'size',
  },
  // "query returned more than 10000 results", "query exceeds max results 20000", "Too many logs requested. Max logs per response".
  {
    pattern: /more than [\d,_]+ (results|logs|events|entries)|max(imum)? (number of )?(results|logs|events)/,
    meaning: 'size',
  },
  { pattern: /too many (results|logs|events|blocks|addresses|topics)|logs matched by query exceed/, meaning: 'size' },
  // "Log response size exceeded", "response too large", "Response is too big", "Exceeded max limit of 167772160".
  {
    pattern:
      /(response|result|output|body|payload|request|entity|content|message|frame|reply)s?( size| body| entity| length)?( is| was)? (too (large|big|long)|exceed|over|larger|limit exceed)/,
    meaning: 'size',
  },
  {
    pattern: /size (limit )?exceeded|exceeded max limit of|size should not|oversized|memory (capacity|limit)/,
    meaning: 'size',
  },
  // "batch too large", "Batch of more than 3 requests are not allowed", "Batched requests are not supported by this server".
  {
    pattern: /batch(es)? .{0,20}(large|big|limit|size|exceed|not (supported|allowed))|batch(ed)? (size|limit)/,
    meaning: 'size',
  },
  { pattern: /batch of more|(in|per) (a |the )?batch|batched requests/, meaning: 'size' },
  // BNB Chain says only "limit exceeded" for ranges.
  {
    methods: logs,
    pattern: /^limit exceeded\.?$|query (exceeds|timeout|timed)|query .{0,30}(too|limit)/,
    meaning: 'size',
  },
  { methods: logs, pattern: /timed? ?out|timeout|took too long|deadline exceeded|out of memory/, meaning: 'size' },
  // geth and erigon: a call that runs longer than the node allows. Less in one call runs shorter.
  {
    methods: /^eth_call$/,
    pattern: /execution (timeout|aborted)|request timed out|deadline exceeded/,
    meaning: 'size',
  },

  // "daily request count exceeded, request rate limited", "Too many requests", "50/second request limit reached".
  {
    pattern: /rate.?limit|rate (is )?exceeded|ratelimit|too many (requests|connections|calls)|request (count|limit)/,
    meaning: 'service',
  },
  {
    pattern: /requests? (per|limited|rate)|\d+ ?\/ ?s(ec(ond)?)?\b|\brps\b|throttl|slow down|try again later|backoff/,
    meaning: 'service',
  },
  // "exceeded its compute units per second capacity", "credits limited to 6000/sec", "Monthly capacity limit", "quota".
  {
    pattern:
      /compute units|credits?\b|capacity|quota|(daily|monthly|usage) (limit|request)|has exceeded|free tier limit/,
    meaning: 'service',
  },
  // "Unauthorized: You must authenticate your request with an API key", "invalid project id", "Origin not allowed".
  {
    pattern:
      /unauthori[sz]ed|authenticat|api.?key|access key|project id|forbidden|\borigin\b|permission|not allowed to access/,
    meaning: 'service',
  },
  {
    pattern: /subscription|payment|billing|suspended|tenant disabled|app(lication)? .{0,20}(disabled|inactive)/,
    meaning: 'service',
  },
  // proxyd "no backend is currently healthy to serve traffic", "backend is offline"; gateways.
  {
    pattern: /no (healthy )?(backend|upstream|node|provider)|backend .{0,20}(offline|healthy)|overload|too much load/,
    meaning: 'service',
  },
  {
    pattern: /service (is )?(temporarily )?unavailable|maintenance|busy|bad gateway|still syncing|node is syncing/,
    meaning: 'service',
  },

  // What the contract or the machine says to this very call.
  {
    methods: running,
    meaning: 'call',
    pattern: /revert|vm (execution|exception)|invalid (opcode|jump)|stack (under|over)flow/,
  },
  {
    methods: running,
    meaning: 'call',
    pattern: /out of gas|evm error|always failing|gas required exceeds|intrinsic gas/,
  },
  { methods: running, meaning: 'call', pattern: /insufficient (funds|balance)|not enough funds|upfront cost exceeds/ },

  // "the method debug_traceTransaction does not exist/is not available", "method is not whitelisted", "not in your plan".
  { pattern: /method.{0,80}(not|disabled|unavailable|unsupported|unknown|restricted)/, meaning: 'method' },
  {
    pattern: /(unsupported|unknown|invalid|disabled) (rpc )?method|module .{0,40}(not|disabled)|unrecognized method/,
    meaning: 'method',
  },
  {
    pattern:
      /not (included|available|supported|allowed) (in|on|with|for|by) (the |your |this )?(current |free )?(plan|tier|network|node|chain)/,
    meaning: 'method',
  },
  {
    pattern: /upgrade (your|to|from)|paid (plan|tier)|requires? an? .{0,20}(plan|tier|add-?on)|not supported$/,
    meaning: 'method',
  },
  // Forms of a method: state overrides, a block tag or a second argument where a node takes none.
  {
    pattern: /too many arguments|unsupported (argument|param|block ?tag|tag)|missing value for required/,
    meaning: 'method',
  },

  // "missing trie node", "header not found", "unknown block", "pruned history unavailable", "required historical state".
  {
    pattern: /missing trie node|pruned|prun(ed|ing)|historical|history|archive|ancient|no state available/,
    meaning: 'history',
  },
  { pattern: /state .{0,40}(not available|unavailable|not found|discarded|missing|destroyed)/, meaning: 'history' },
  {
    pattern:
      /(unknown|missing|no|non-?existent|invalid) (block|header|hash|ancestor|receipt)|could not find block|unfinalized/,
    meaning: 'history',
  },
  {
    pattern:
      /(block|header|receipt|transaction|log|resource|hash|data)s?\b.{0,80}(not (be )?(found|available|known|exist|retrieved)|unavailable|does(n't| not) exist|missing)/,
    meaning: 'history',
  },
]

/** What a text says, whatever its case; `undefined`: nothing that is understood. */
export function meaningOfText(method: string, text: string): TextMeaning | undefined {
  const lower = text.toLowerCase()
  return rows.find(({ pattern, methods }) => (methods?.test(method) ?? true) && pattern.test(lower))?.meaning
}
