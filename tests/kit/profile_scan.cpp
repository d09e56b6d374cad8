#include "tests/kit/profile_scan.h"

#include "core/primitives/aes.h"

#include <QDirIterator>
#include <QFile>

namespace sotto::kit {

namespace {

// SQLCipher 4's page: content, then an initialisation vector and an HMAC-SHA-512. The first page of the file begins
// with the salt.
constexpr qsizetype kPage = 4096;
constexpr qsizetype kSalt = 16;
constexpr qsizetype kVector = 16;
constexpr qsizetype kReserve = 80;
constexpr qsizetype kLogHeader = 32;
constexpr qsizetype kFrameHeader = 24;

Bytes readAll(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : Bytes();
}

Bytes decryptedPage(const Bytes &page, bool isFirst, ByteView key)
{
    const qsizetype start = isFirst ? kSalt : 0;
    const Bytes encrypted = page.mid(start, kPage - kReserve - start);
    const Bytes vector = page.mid(kPage - kReserve, kVector);
    // The pages have no padding and the function wants some: a block of it is made to follow the last one.
    const auto padding = encryptAesCbc(key, encrypted.right(kVector), {});
    const auto plain = padding ? decryptAesCbc(key, vector, encrypted + *padding) : padding.error();
    return plain ? plain->view().toByteArray() : Bytes();
}

} // namespace

Bytes decryptedPages(const QString &database, ByteView rawKey)
{
    Bytes all;
    const Bytes file = readAll(database);
    for (qsizetype at = 0; at + kPage <= file.size(); at += kPage)
        all += decryptedPage(file.mid(at, kPage), at == 0, rawKey);
    const Bytes log = readAll(database + QStringLiteral("-wal"));
    for (qsizetype at = kLogHeader; at + kFrameHeader + kPage <= log.size(); at += kFrameHeader + kPage) {
        const bool isFirst = log.mid(at, 4) == QByteArray("\0\0\0\1", 4);
        all += decryptedPage(log.mid(at + kFrameHeader, kPage), isFirst, rawKey);
    }
    return all;
}

std::vector<QByteArray> spellingsOf(const QByteArray &secret)
{
    std::vector<QByteArray> spellings{secret, secret.toHex(), secret.toHex().toUpper()};
    const QString text = QString::fromUtf8(secret);
    if (text.toUtf8() == secret) {
        spellings.emplace_back(reinterpret_cast<const char *>(text.utf16()), text.size() * 2);
        QByteArray swapped = spellings.back();
        for (qsizetype i = 0; i + 1 < swapped.size(); i += 2)
            std::swap(swapped[i], swapped[i + 1]);
        spellings.push_back(swapped);
    }
    return spellings;
}

QStringList filesHolding(const QString &folder, const QByteArray &secret)
{
    const auto spellings = spellingsOf(secret);
    QStringList found;
    QDirIterator files(folder, QDir::Files | QDir::Hidden | QDir::System, QDirIterator::Subdirectories);
    while (files.hasNext()) {
        const Bytes content = readAll(files.next());
        if (std::ranges::any_of(spellings, [&](const QByteArray &one) { return content.contains(one); }))
            found.append(files.filePath());
    }
    return found;
}

} // namespace sotto::kit
