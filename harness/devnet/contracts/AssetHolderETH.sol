// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AssetHolder} from "./AssetHolder.sol";

/// Keeps ether. Amounts are in wei.
contract AssetHolderETH is AssetHolder {
    constructor(address _adjudicator) AssetHolder(_adjudicator) {}

    function checkValue(uint256 amount) internal view override {
        require(msg.value == amount, "wrong amount of ETH for deposit");
    }

    function collect(uint256) internal override {}

    /// As Solidity's `transfer` does: with gas for a log at most, and if the receiver refuses, with its words or none.
    function pay(address receiver, uint256 amount) internal override {
        // The machine adds the same stipend to a call that carries ether.
        (bool paid, bytes memory answer) = receiver.call{value: amount, gas: amount == 0 ? 2300 : 0}("");
        if (!paid) {
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
    }
}
