#pragma once
#include <QStringView>

namespace sotto::relay {

/// Whether a text can be a handle: 3 to 30 of a-z, 0-9, underscore and full stop (protocol.md 1). ASCII only, so that
/// no two look alike.
inline bool isHandle(QStringView text)
{
    if (text.size() < 3 || text.size() > 30)
        return false;
    for (const QChar c : text) {
        const bool isLetter = c >= u'a' && c <= u'z';
        const bool isDigit = c >= u'0' && c <= u'9';
        if (!isLetter && !isDigit && c != u'_' && c != u'.')
            return false;
    }
    return true;
}

} // namespace sotto::relay
