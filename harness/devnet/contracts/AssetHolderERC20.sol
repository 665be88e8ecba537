// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AssetHolder} from "./AssetHolder.sol";
import {IERC20} from "./Interfaces.sol";

/// Keeps one ERC-20 token. Who deposits has to allow it to take the amount first.
contract AssetHolderERC20 is AssetHolder {
    IERC20 public token;

    constructor(address _adjudicator, address _token) AssetHolder(_adjudicator) {
        token = IERC20(_token);
    }

    function checkValue(uint256) internal view override {
        require(msg.value == 0, "message value must be 0 for token deposit");
    }

    function collect(uint256 amount) internal override {
        require(token.transferFrom(msg.sender, address(this), amount), "transferFrom failed");
    }

    function pay(address receiver, uint256 amount) internal override {
        require(token.transfer(receiver, amount), "transfer failed");
    }
}
