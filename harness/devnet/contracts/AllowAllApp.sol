// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IApp} from "./Interfaces.sol";
import {Params, State} from "./Model.sol";

/// An app without rules: every participant may make every move.
contract AllowAllApp is IApp {
    function validTransition(Params calldata, State calldata, State calldata, uint256) external pure {}
}
