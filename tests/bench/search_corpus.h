#pragma once
#include <QString>
#include <QStringList>
#include <random>
#include <vector>

namespace sotto::bench {

/// One language's words, the commonest first, drawn by Zipf's law.
class Vocabulary {
public:
    /// `common` are real words; the rest up to `size` are spelled like them (a letter chain of order two), or for
    /// `characters` made of one to three of them.
    Vocabulary(const QStringList &common, const QString &characters, int size, std::mt19937_64 &random);
    const QString &draw(std::mt19937_64 &random) const;
    const QString &at(int rank) const { return m_words[std::size_t(rank)]; }

private:
    std::vector<QString> m_words;
    std::vector<double> m_cumulative;
};

/// Chat messages in eight languages (English, German, Spanish, Russian, Arabic, Chinese, Japanese, Korean), with some
/// links, numbers and emoji. The same seed gives the same messages.
class Corpus {
public:
    explicit Corpus(std::uint64_t seed);
    QString next();

private:
    QString spaced(const Vocabulary &words);
    QString unspaced(const Vocabulary &words, const QStringList &particles, const QString &end);

    std::mt19937_64 m_random;
    std::vector<Vocabulary> m_spaced;
    std::vector<Vocabulary> m_unspaced;
};

} // namespace sotto::bench
