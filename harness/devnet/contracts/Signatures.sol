// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// Signatures over "\x19Ethereum Signed Message:\n32" and the hash of some bytes, in the only forms that Perun takes:
/// 65 bytes r, s, v with v 27 or 28, or the 64 bytes of EIP-2098; s in the lower half either way. The messages of the
/// reverts are those of OpenZeppelin's ECDSA library, because callers tell the cases apart by them.
library Signatures {
    /// Half the order of secp256k1: of the two s that sign the same, only the one up to here is taken.
    uint256 private constant MAX_S = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    /// Whether `signer` signed `message`; reverts if `signature` has no acceptable form.
    function signedBy(address signer, bytes memory message, bytes memory signature) internal pure returns (bool) {
        bytes32 digest = keccak256(abi.encodePacked("\x19Ethereum Signed Message:\n32", keccak256(message)));
        return recover(digest, signature) == signer;
    }

    function recover(bytes32 digest, bytes memory signature) private pure returns (address signer) {
        require(signature.length == 65 || signature.length == 64, "ECDSA: invalid signature length");
        bytes32 r = word(signature, 0);
        uint256 s = uint256(word(signature, 32));
        uint8 v;
        if (signature.length == 65) {
            v = uint8(signature[64]);
        } else {
            // EIP-2098 keeps the parity of v in the top bit, which a low s leaves free.
            v = uint8(s >> 255) + 27;
            s &= type(uint256).max >> 1;
        }
        require(s <= MAX_S, "ECDSA: invalid signature 's' value");
        require(v == 27 || v == 28, "ECDSA: invalid signature 'v' value");
        signer = ecrecover(digest, v, r, bytes32(s));
        require(signer != address(0), "ECDSA: invalid signature");
    }

    /// The 32 bytes of `data` from `offset` on; the caller knows that they exist.
    function word(bytes memory data, uint256 offset) private pure returns (bytes32 result) {
        assembly ("memory-safe") {
            result := mload(add(add(data, 32), offset))
        }
    }
}
