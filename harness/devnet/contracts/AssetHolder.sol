// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAssetHolder} from "./Interfaces.sol";
import {Participant} from "./Model.sol";
import {Signatures} from "./Signatures.sol";

/// Keeps one asset of all channels of one adjudicator. A participant's share of a channel has an id of its own, the
/// funding id: the hash of the channel's id and the participant's address.
abstract contract AssetHolder is IAssetHolder {
    /// A participant's leave to pay `amount` of its share to `receiver`. Whoever holds it may send it.
    struct WithdrawalAuth {
        bytes32 channelID;
        Participant participant;
        address receiver;
        uint256 amount;
    }

    /// Amounts by funding id: what was deposited, and after the outcome is set what may be withdrawn.
    mapping(bytes32 => uint256) public holdings;
    /// Whether a channel's outcome is set, by channel id.
    mapping(bytes32 => bool) public settled;
    address public adjudicator;

    event OutcomeSet(bytes32 indexed channelID);
    event Deposited(bytes32 indexed fundingID, uint256 amount);
    event Withdrawn(bytes32 indexed fundingID, uint256 amount, address receiver);

    constructor(address _adjudicator) {
        adjudicator = _adjudicator;
    }

    /// For whomever: the sender pays.
    function deposit(bytes32 fundingID, uint256 amount) external payable {
        checkValue(amount);
        holdings[fundingID] += amount;
        collect(amount);
        emit Deposited(fundingID, amount);
    }

    /// An outcome that exceeds the deposits changes none of them: everyone gets back what they put in.
    function setOutcome(bytes32 channelID, Participant[] calldata parts, uint256[] calldata newBals) external {
        require(msg.sender == adjudicator, "can only be called by the adjudicator");
        require(parts.length == newBals.length, "participants length should equal balances");
        require(!settled[channelID], "trying to set already settled channel");
        uint256 held = 0;
        uint256 owed = 0;
        for (uint256 i = 0; i < parts.length; i++) {
            held += holdings[fundingIdOf(channelID, parts[i])];
            owed += newBals[i];
        }
        if (held >= owed) {
            for (uint256 i = 0; i < parts.length; i++) {
                holdings[fundingIdOf(channelID, parts[i])] = newBals[i];
            }
        }
        settled[channelID] = true;
        emit OutcomeSet(channelID);
    }

    function withdraw(WithdrawalAuth calldata authorization, bytes calldata signature) external {
        require(settled[authorization.channelID], "channel not settled");
        address owner = authorization.participant.ethAddress;
        require(
            Signatures.signedBy(owner, abi.encode(authorization), signature),
            "signature verification failed"
        );
        bytes32 id = fundingIdOf(authorization.channelID, authorization.participant);
        require(holdings[id] >= authorization.amount, "insufficient funds");
        // Before the payment: the receiver may be a contract that calls us again.
        holdings[id] -= authorization.amount;
        pay(authorization.receiver, authorization.amount);
        emit Withdrawn(id, authorization.amount, authorization.receiver);
    }

    /// Reverts unless the ether that came with a deposit is what it should be.
    function checkValue(uint256 amount) internal view virtual;

    /// Takes a deposit from the sender, as far as it did not come with the call.
    function collect(uint256 amount) internal virtual;

    function pay(address receiver, uint256 amount) internal virtual;

    function fundingIdOf(bytes32 channelID, Participant calldata participant) private pure returns (bytes32) {
        return keccak256(abi.encode(channelID, participant.ethAddress));
    }
}
