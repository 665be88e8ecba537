// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Asset, Params, State, SubAlloc} from "./Model.sol";
import {Signatures} from "./Signatures.sol";

/// What must hold between a channel's parts. Each function reverts with the reason, and returns nothing else.
library Checks {
    function belongs(Params memory params, State memory state) internal pure {
        require(state.channelID == keccak256(abi.encode(params)), "invalid params");
    }

    /// Exactly one signature per participant, in their order.
    function signedByAll(Params memory params, State memory state, bytes[] memory sigs) internal pure {
        require(params.participants.length == sigs.length, "signatures length mismatch");
        bytes memory message = abi.encode(state);
        for (uint256 i = 0; i < sigs.length; i++) {
            requireSigned(params.participants[i].ethAddress, message, sigs[i]);
        }
    }

    function signedByOne(Params memory params, State memory state, uint256 index, bytes memory sig) internal pure {
        requireSigned(params.participants[index].ethAddress, abi.encode(state), sig);
    }

    function sameAssets(Asset[] memory left, Asset[] memory right) internal pure {
        require(left.length == right.length, "Asset[]: unequal length");
        for (uint256 i = 0; i < left.length; i++) {
            sameAsset(left[i], right[i]);
        }
    }

    function sameAsset(Asset memory left, Asset memory right) internal pure {
        require(left.chainID == right.chainID, "unequal chainID");
        require(left.ethHolder == right.ethHolder, "unequal ethHolder");
        require(keccak256(left.ccHolder) == keccak256(right.ccHolder), "unequal ccHolder");
    }

    function sameLocked(SubAlloc[] memory left, SubAlloc[] memory right) internal pure {
        require(left.length == right.length, "SubAlloc[]: unequal length");
        for (uint256 i = 0; i < left.length; i++) {
            require(left[i].ID == right[i].ID, "SubAlloc: unequal ID");
            sameAmounts(left[i].balances, right[i].balances);
            sameIndices(left[i].indexMap, right[i].indexMap);
        }
    }

    function sameAmounts(uint256[] memory left, uint256[] memory right) internal pure {
        require(left.length == right.length, "uint256[]: unequal length");
        for (uint256 i = 0; i < left.length; i++) {
            require(left[i] == right[i], "uint256[]: unequal item");
        }
    }

    function sameIndices(uint16[] memory left, uint16[] memory right) private pure {
        require(left.length == right.length, "uint16[]: unequal length");
        for (uint256 i = 0; i < left.length; i++) {
            require(left[i] == right[i], "uint16[]: unequal item");
        }
    }

    function requireSigned(address signer, bytes memory message, bytes memory sig) private pure {
        require(Signatures.signedBy(signer, message, sig), "invalid signature");
    }
}
