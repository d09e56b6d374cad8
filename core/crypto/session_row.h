#pragma once
#include "core/base/clock.h"
#include "core/crypto/curve_key.h"
#include "core/crypto/prekey_frame.h"
#include "core/primitives/secret_bytes.h"

#include <optional>
#include <vector>

namespace sotto {

/// What a session store holds for one peer: the library's record and, in front of it, what the gates must know without
/// reading the record (layout in session_row.cpp).
struct SessionRow {
    /// About one state: the current one (first, if hasCurrent) and the archived ones, newest first.
    struct StateNote {
        CurvePublicKey baseKey;
        Timestamp since;  ///< current: when it became so; archived: when it was archived
        Bytes headerHash; ///< PreKeyFrame::headerHash() of the message that built it; zeros when we built it
        friend bool operator==(const StateNote &, const StateNote &) = default;
    };

    /// A receiving chain of the current state.
    struct Chain {
        CurvePublicKey ratchetKey;
        std::uint32_t nextCounter = 0;
        friend bool operator==(const Chain &, const Chain &) = default;
    };

    CurvePublicKey identity; ///< the peer's identity key in all states
    bool hasCurrent = true;
    bool isAnswered = false;        ///< a message of the peer was decrypted with the current state
    std::optional<Chain> lastChain; ///< of the message decrypted last: most messages pass the gate by it alone
    std::vector<StateNote> notes;
    SecretBytes record;

    /// The note of the state with this base key; null when there is none.
    const StateNote *noteOf(const CurvePublicKey &baseKey) const;

    /// The bytes to store.
    SecretBytes serialized() const;
    /// StoreFailed for bytes that serialized() did not make.
    static Result<SessionRow, CryptoError> parse(ByteView stored);
};

} // namespace sotto
