// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Checks} from "./Checks.sol";
import {IApp, IAssetHolder} from "./Interfaces.sol";
import {Allocation, Asset, Params, Participant, SignedState, State, SubAlloc} from "./Model.sol";

/// Settles disputes about channels as Perun's adjudicator of generation v1 does: same interface, same answers, same
/// order of checks, code of our own. Anybody may call; only signatures count.
contract Adjudicator {
    uint8 private constant DISPUTE = 0;
    uint8 private constant FORCE_EXEC = 1;
    uint8 private constant CONCLUDED = 2;

    /// What is known of one channel. `timeout` is a block time in seconds, `challengeDuration` a number of seconds.
    /// A channel nobody registered has a zero `stateHash`.
    struct Dispute {
        uint64 timeout;
        uint64 challengeDuration;
        uint64 version;
        uint8 phase;
        bytes32 stateHash;
        bool hasApp;
    }

    mapping(bytes32 => Dispute) public disputes;

    /// The only log: a channel's record was written.
    event ChannelUpdate(bytes32 indexed channelID, uint64 version, uint8 phase, uint64 timeout);

    // ----------------------------------------------------------------------------------------------- public entrances

    /// Registers a ledger channel and, depth first, every channel locked below it; also refutes older states of any of
    /// them. All or nothing. A channel that is already registered with exactly this state is skipped.
    function register(SignedState memory channel, SignedState[] memory subChannels) external {
        require(channel.params.ledgerChannel, "not ledger");
        registerTree(channel, subChannels, 0);
    }

    /// Moves an app channel on by one state that needs only the mover's signature, after the dispute's window closed.
    function progress(
        Params memory params,
        State memory stateOld,
        State memory state,
        uint256 actorIdx,
        bytes memory sig
    ) external {
        Dispute storage dispute = requireRegistered(state.channelID);
        if (dispute.phase == DISPUTE) {
            require(block.timestamp >= dispute.timeout, "timeout not passed");
        } else if (dispute.phase == FORCE_EXEC) {
            require(block.timestamp < dispute.timeout, "timeout passed");
        } else {
            revert("invalid phase");
        }
        require(params.app != address(0), "must have app");
        require(actorIdx < params.participants.length, "actorIdx out of range");
        Checks.belongs(params, state);
        require(dispute.stateHash == hashState(stateOld), "wrong old state");
        Checks.signedByOne(params, state, actorIdx, sig);
        requireStep(params, stateOld, state);
        IApp(params.app).validTransition(params, stateOld, state, actorIdx);
        write(params, state, FORCE_EXEC);
    }

    /// Ends a registered ledger channel and everything locked below it once its window closed, and pays out.
    function conclude(Params memory params, State memory state, State[] memory subStates) external {
        require(params.ledgerChannel, "not ledger");
        Checks.belongs(params, state);
        Dispute storage dispute = requireRecorded(state);
        require(dispute.phase != CONCLUDED, "already concluded");
        if (dispute.phase == DISPUTE && dispute.hasApp) {
            // The app's participants get one more window, in which they may progress.
            dispute.timeout += dispute.challengeDuration;
        }
        require(block.timestamp >= dispute.timeout, "timeout not passed yet");
        (uint256[][] memory outcome, ) = concludeTree(state, subStates, 0);
        payOut(params.participants, state, outcome);
    }

    /// Ends a channel at once with a final state that all have signed, whatever version is registered.
    function concludeFinal(Params memory params, State memory state, bytes[] memory sigs) external {
        require(params.ledgerChannel, "not ledger");
        require(state.isFinal, "state not final");
        require(state.outcome.locked.length == 0, "has sub-channels");
        Checks.belongs(params, state);
        Checks.signedByAll(params, state, sigs);
        require(disputes[state.channelID].phase != CONCLUDED, "concluded already");
        write(params, state, CONCLUDED);
        payOut(params.participants, state, state.outcome.balances);
    }

    function channelID(Params memory params) external pure returns (bytes32) {
        return keccak256(abi.encode(params));
    }

    function hashState(State memory state) public pure returns (bytes32) {
        return keccak256(abi.encode(state));
    }

    // -------------------------------------------------------------------------------------------------------- register

    /// Registers `channel`, then its locked channels from `subChannels[next]` on. Returns the channel's total per row of
    /// its balances, locked funds included, and the index of the first entry that was not used.
    function registerTree(
        SignedState memory channel,
        SignedState[] memory subChannels,
        uint256 next
    ) private returns (uint256[] memory total, uint256) {
        registerOne(channel);
        Allocation memory outcome = channel.state.outcome;
        // Before the count of sub-channels: amounts that overflow are what a caller hears of first.
        total = new uint256[](outcome.balances.length);
        for (uint256 a = 0; a < total.length; a++) {
            total[a] = sum(outcome.balances[a]);
        }
        require(outcome.locked.length <= subChannels.length, "subChannels too short");
        for (uint256 i = 0; i < outcome.locked.length; i++) {
            SubAlloc memory lock = outcome.locked[i];
            SignedState memory sub = subChannels[next];
            require(lock.ID == sub.state.channelID, "invalid sub-channel id");
            uint256[] memory subTotal;
            (subTotal, next) = registerTree(sub, subChannels, next + 1);
            Checks.sameAssets(outcome.assets, sub.state.outcome.assets);
            Checks.sameAmounts(lock.balances, subTotal);
            // Row by row of the locking channel: what the sub-channel has beyond them counts nowhere.
            for (uint256 a = 0; a < total.length; a++) {
                total[a] += subTotal[a];
            }
        }
        return (total, next);
    }

    function registerOne(SignedState memory channel) private {
        Params memory params = channel.params;
        State memory state = channel.state;
        Checks.belongs(params, state);
        Checks.signedByAll(params, state, channel.sigs);
        if (params.virtualChannel) {
            require(params.app == address(0), "cannot have app");
            require(state.outcome.locked.length == 0, "funds locked");
        }
        Dispute storage dispute = disputes[state.channelID];
        if (dispute.stateHash != 0) {
            // Repeating what is recorded is fine at any time: a tree can be registered through any of its parents.
            if (dispute.stateHash == hashState(state)) return;
            require(dispute.version < state.version, "invalid version");
            require(dispute.phase == DISPUTE, "incorrect phase");
            require(block.timestamp < dispute.timeout, "refutation timeout passed");
        }
        write(params, state, DISPUTE);
    }

    // -------------------------------------------------------------------------------------------------------- progress

    /// What every app's transition must respect: the next version, the same money, the same locks.
    function requireStep(Params memory params, State memory from, State memory to) private pure {
        require(to.version == from.version + 1, "version must increment by one");
        require(!from.isFinal, "cannot progress from final state");
        Allocation memory before = from.outcome;
        Allocation memory later = to.outcome;
        require(before.balances.length == later.balances.length, "balances length mismatch");
        require(before.assets.length == later.assets.length, "assets length mismatch");
        Checks.sameLocked(before.locked, later.locked);
        for (uint256 a = 0; a < before.assets.length; a++) {
            Checks.sameAsset(before.assets[a], later.assets[a]);
            require(before.balances[a].length == params.participants.length, "old balances length mismatch");
            require(later.balances[a].length == params.participants.length, "new balances length mismatch");
            require(sum(before.balances[a]) == sum(later.balances[a]), "sum of balances mismatch");
        }
    }

    // -------------------------------------------------------------------------------------------------------- conclude

    /// Marks the tree's channels as concluded, whatever their own timeouts say. Returns what `state` leaves to each of
    /// its participants, its sub-channels' outcomes included, and the index of the first entry that was not used.
    function concludeTree(
        State memory state,
        State[] memory subStates,
        uint256 next
    ) private returns (uint256[][] memory balances, uint256) {
        markConcluded(state);
        Allocation memory outcome = state.outcome;
        // Added up in place: the state's hash is checked by now, and nothing reads its balances again.
        balances = new uint256[][](outcome.assets.length);
        for (uint256 a = 0; a < balances.length; a++) {
            balances[a] = outcome.balances[a];
        }
        for (uint256 i = 0; i < outcome.locked.length; i++) {
            SubAlloc memory lock = outcome.locked[i];
            State memory sub = subStates[next];
            require(lock.ID == sub.channelID, "invalid subchannel id");
            uint256[][] memory subBalances;
            (subBalances, next) = concludeTree(sub, subStates, next + 1);
            for (uint256 a = 0; a < balances.length; a++) {
                for (uint256 p = 0; p < lock.indexMap.length; p++) {
                    balances[a][lock.indexMap[p]] += subBalances[a][p];
                }
            }
        }
        return (balances, next);
    }

    function markConcluded(State memory state) private {
        Dispute storage dispute = requireRecorded(state);
        // A virtual channel may have been concluded through its other parent.
        if (dispute.phase == CONCLUDED) return;
        dispute.phase = CONCLUDED;
        announce(state.channelID, dispute);
    }

    /// Tells the holders on this chain who owns what.
    function payOut(Participant[] memory participants, State memory state, uint256[][] memory balances) private {
        Asset[] memory assets = state.outcome.assets;
        for (uint256 a = 0; a < assets.length; a++) {
            if (assets[a].chainID == block.chainid && assets[a].ethHolder != address(0)) {
                IAssetHolder(assets[a].ethHolder).setOutcome(state.channelID, participants, balances[a]);
            }
        }
    }

    // --------------------------------------------------------------------------------------------------------- records

    function requireRegistered(bytes32 id) private view returns (Dispute storage dispute) {
        dispute = disputes[id];
        require(dispute.stateHash != 0, "not registered");
    }

    function requireRecorded(State memory state) private view returns (Dispute storage dispute) {
        dispute = requireRegistered(state.channelID);
        require(dispute.stateHash == hashState(state), "invalid state");
    }

    /// Records `state` and sets the time until which it may be contested: none left if it is final, a new window for a
    /// channel's first record and for a progressed state; a refutation keeps the window that is open.
    function write(Params memory params, State memory state, uint8 phase) private {
        Dispute storage dispute = disputes[state.channelID];
        bool first = dispute.stateHash == 0;
        uint64 duration = uint64(params.challengeDuration);
        uint64 time = uint64(block.timestamp);
        if (state.isFinal) {
            dispute.timeout = time;
        } else if (first || phase == FORCE_EXEC) {
            dispute.timeout = time + duration;
        }
        dispute.challengeDuration = duration;
        dispute.version = state.version;
        dispute.phase = phase;
        dispute.stateHash = hashState(state);
        dispute.hasApp = params.app != address(0);
        announce(state.channelID, dispute);
    }

    function announce(bytes32 id, Dispute storage dispute) private {
        emit ChannelUpdate(id, dispute.version, dispute.phase, dispute.timeout);
    }

    // --------------------------------------------------------------------------------------------------------- amounts

    function sum(uint256[] memory amounts) private pure returns (uint256 total) {
        for (uint256 i = 0; i < amounts.length; i++) {
            total += amounts[i];
        }
    }
}
