#include "core/qr/terminal_qr.h"

#include <memory>
#include <qrencode.h>

namespace sotto {

namespace {
constexpr int kQuietModules = 2; ///< scanners of screens need less than the standard's four
constexpr const char *kDarkOnLight = "\x1b[30;47m";
constexpr const char *kPlain = "\x1b[0m";
} // namespace

QString terminalQr(const QString &text, bool withColours)
{
    const std::unique_ptr<QRcode, void (*)(QRcode *)> code(
        QRcode_encodeString8bit(text.toLatin1().constData(), 0, QR_ECLEVEL_L), QRcode_free);
    if (!code)
        return {};
    const auto isDark = [&code](int x, int y) {
        return x >= 0 && y >= 0 && x < code->width && y < code->width && (code->data[y * code->width + x] & 1) != 0;
    };
    QString picture;
    for (int y = -kQuietModules; y < code->width + kQuietModules; y += 2) {
        if (withColours)
            picture += QLatin1String(kDarkOnLight);
        for (int x = -kQuietModules; x < code->width + kQuietModules; ++x) {
            // Without colours what is drawn is light: a terminal's ground is usually dark.
            const bool upper = isDark(x, y) == withColours;
            const bool lower = isDark(x, y + 1) == withColours;
            picture += upper && lower ? QChar(0x2588) : upper ? QChar(0x2580) : lower ? QChar(0x2584) : QChar(u' ');
        }
        if (withColours)
            picture += QLatin1String(kPlain);
        picture += u'\n';
    }
    return picture;
}

} // namespace sotto
