// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// Calls other contracts on the caller's behalf, so that a transaction's own input says nothing, or something false,
/// about what happens inside. Cheaters use it to hide a registration from whoever reads only top-level calldata.
contract Relay {
    struct Call {
        address target;
        bytes data;
    }

    /// What any input that is none of the functions below sets off, by sender.
    mapping(address => Call) private armed;

    /// Forwards one call.
    function relay(address target, bytes calldata data) external payable returns (bytes memory) {
        return forward(target, data, msg.value);
    }

    /// Forwards several calls, in order, all or none.
    function multi(address[] calldata targets, bytes[] calldata data) external {
        require(targets.length == data.length, "Relay: unequal length");
        for (uint256 i = 0; i < targets.length; i++) {
            forward(targets[i], data[i], 0);
        }
    }

    /// Stores the call that the sender's next transaction with other input, or with none, makes.
    function arm(address target, bytes calldata data) external {
        armed[msg.sender] = Call(target, data);
    }

    receive() external payable {
        fire();
    }

    fallback() external payable {
        fire();
    }

    function fire() private {
        Call memory stored = armed[msg.sender];
        require(stored.target != address(0), "Relay: not armed");
        delete armed[msg.sender];
        forward(stored.target, stored.data, msg.value);
    }

    /// Reverts with whatever the target reverted with.
    function forward(address target, bytes memory data, uint256 value) private returns (bytes memory) {
        (bool ok, bytes memory answer) = target.call{value: value}(data);
        if (!ok) {
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
        return answer;
    }
}
