#pragma once
#include "core/base/ids.h"
#include "core/ledger/purpose.h"
#include "core/primitives/ed25519.h"
#include "core/primitives/xeddsa.h"
#include "core/wire/ledger_entry.h"

namespace sotto {

/// The Ed25519 signature of `body` for `purpose`.
Bytes sign(Purpose purpose, ByteView body, const Ed25519KeyPair &key);
/// Whether `signature` is `key`'s (32 bytes) of `body` for `purpose`.
bool verify(Purpose purpose, ByteView body, ByteView signature, ByteView key);
/// The XEdDSA signature of `body` for `purpose`, by an identity key or account root; RandomFailed without a nonce.
Result<Bytes> signWithCurveKey(Purpose purpose, ByteView body, const X25519KeyPair &key, Random &random);
/// Whether `signature` is `key`'s of `body` for `purpose`. False for keys of another type.
bool verifyWithCurveKey(Purpose purpose, ByteView body, ByteView signature, const wire::CurveKey &key);

/// A signed structure without proofs.
wire::SignedEntry signEntry(Purpose purpose, const Bytes &body, const Ed25519KeyPair &key);
/// Whether the structure's signature is `key`'s for `purpose`; says nothing about its proofs.
bool verifyEntry(Purpose purpose, const wire::SignedEntry &entry, ByteView key);
/// BLAKE2b-256 of the body: how the next entry and every pin name this one.
Hash256 entryHash(const wire::SignedEntry &entry);

/// The account that a genesis body starts: BLAKE2b-256("sotto/v1/account\0" || body).
AccountId accountIdOf(ByteView genesisBody);
/// The conversation of two accounts, the same from both sides; with oneself it is Note to self.
ConversationId directConversation(const AccountId &a, const AccountId &b);

/// A libsignal public key from the 32 bytes of X25519.
wire::CurveKey curveKey(ByteView x25519PublicKey);
/// The 32 bytes of X25519 in a libsignal public key.
ByteView x25519Part(const wire::CurveKey &key);
/// Whether a received key may be used: type byte 0x05 (CurveKeyType), not of small order (SmallOrderPoint).
bool isUsable(const wire::CurveKey &key);

} // namespace sotto
