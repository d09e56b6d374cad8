#pragma once
#include "core/search/search_index.h"
#include "core/storage/message_repository.h"

namespace sotto {

/// Lets the message repository keep the full-text index in step.
class TextIndex final : public MessageTextIndex {
public:
    explicit TextIndex(Database &database) : m_index(database) { }
    Result<Done> add(std::int64_t row, QStringView text) override { return m_index.add(row, text); }
    Result<Done> remove(std::int64_t row, QStringView text) override { return m_index.remove(row, text); }

private:
    SearchIndex m_index;
};

/// Gives the full-text index the messages' texts.
class MessageTexts final : public TextSource {
public:
    explicit MessageTexts(MessageRepository &messages) : m_messages(messages) { }
    Result<std::optional<QString>> text(std::int64_t row) override { return m_messages.text(row); }
    Result<std::vector<SearchableText>> newestBefore(std::int64_t row, int count) override
    {
        const auto rows = m_messages.textsBefore(row, count);
        if (!rows)
            return rows.error();
        std::vector<SearchableText> texts;
        for (const auto &one : *rows)
            texts.push_back({one.row, one.text});
        return texts;
    }

private:
    MessageRepository &m_messages;
};

} // namespace sotto
