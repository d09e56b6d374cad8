#include "core/model/names.h"

#include <algorithm>

namespace sotto {

bool isHandle(QStringView handle)
{
    return handle.size() >= 3 && handle.size() <= 30 && std::ranges::all_of(handle, [](QChar c) {
               return (c >= u'a' && c <= u'z') || (c >= u'0' && c <= u'9') || c == u'_' || c == u'.';
           });
}

QString cleanName(const QString &name)
{
    QString clean;
    for (const QChar c : name) {
        const bool override = (c >= QChar(0x202a) && c <= QChar(0x202e)) || (c >= QChar(0x2066) && c <= QChar(0x2069));
        if (c.category() == QChar::Other_Control || override)
            continue;
        clean.append(c);
    }
    clean = clean.simplified();
    while (clean.toUtf8().size() > kMaxNameBytes)
        clean.chop(clean.size() >= 2 && clean.back().isLowSurrogate() ? 2 : 1);
    return clean.trimmed(); // the limit may have fallen on a space
}

} // namespace sotto
