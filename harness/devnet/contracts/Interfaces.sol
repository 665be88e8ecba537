// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Params, Participant, State} from "./Model.sol";

/// The rules of an app channel.
interface IApp {
    /// Reverts unless the participant `actorIdx` may move the channel from one state to the other.
    function validTransition(
        Params calldata params,
        State calldata from,
        State calldata to,
        uint256 actorIdx
    ) external pure;
}

/// What the adjudicator needs from whoever keeps the money.
interface IAssetHolder {
    /// Divides a channel's deposits for good: `newBals[i]` belongs to `parts[i]` from now on.
    function setOutcome(bytes32 channelID, Participant[] calldata parts, uint256[] calldata newBals) external;
}

/// What a holder of tokens needs from its token.
interface IERC20 {
    function transfer(address recipient, uint256 amount) external returns (bool);

    function transferFrom(address sender, address recipient, uint256 amount) external returns (bool);
}
