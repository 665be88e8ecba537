// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

// The data that crosses the adjudicator's interface. Field order is part of every channel id, state hash and signature:
// changing one here changes them all.

/// One member of a channel. Only `ethAddress` signs and owns funds here; `ccAddress` is the member on another chain.
struct Participant {
    address ethAddress;
    bytes ccAddress;
}

/// What a channel is, fixed when it is opened. `challengeDuration` is in seconds; only its low 64 bits are ever used.
struct Params {
    uint256 challengeDuration;
    uint256 nonce;
    Participant[] participants;
    address app;
    bool ledgerChannel;
    bool virtualChannel;
}

/// One kind of money: held by `ethHolder` on the chain `chainID`, or by `ccHolder` on a chain that is no EVM chain.
struct Asset {
    uint256 chainID;
    address ethHolder;
    bytes ccHolder;
}

/// Funds set aside for the channel `ID`: one amount per asset. `indexMap[i]` is the parent's participant behind the
/// sub-channel's participant `i`.
struct SubAlloc {
    bytes32 ID;
    uint256[] balances;
    uint16[] indexMap;
}

/// Who owns what: `balances[asset][participant]` and what is locked in sub-channels. `backends` is signed, never read.
struct Allocation {
    Asset[] assets;
    uint256[] backends;
    uint256[][] balances;
    SubAlloc[] locked;
}

/// One moment of a channel.
struct State {
    bytes32 channelID;
    uint64 version;
    Allocation outcome;
    bytes appData;
    bool isFinal;
}

/// A state with one signature per participant, in their order.
struct SignedState {
    Params params;
    State state;
    bytes[] sigs;
}
