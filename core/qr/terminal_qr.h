#pragma once
#include <QString>

namespace sotto {

/// `text` (ASCII) as a QR code for a terminal, two modules a character, dark on light whatever the terminal's colours
/// when `withColours`, else for a dark terminal. Empty when the text does not fit a QR code.
QString terminalQr(const QString &text, bool withColours);

} // namespace sotto
