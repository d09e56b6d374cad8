#pragma once
#include "core/storage/secret_store.h"

#include <map>

namespace sotto::kit {

/// A keychain for tests, in memory.
class MemorySecretStore final : public SecretStore {
public:
    QString backend() const override { return QStringLiteral("memory"); }
    Task<Result<SecretBytes>> read(QString account) override
    {
        const auto found = m_secrets.find(account);
        if (found == m_secrets.end())
            return Task<Result<SecretBytes>>::finished(ErrorCode::NotFound);
        return Task<Result<SecretBytes>>::finished(found->second.clone());
    }
    Task<Result<Done>> write(QString account, SecretBytes secret) override
    {
        m_secrets.insert_or_assign(account, std::move(secret));
        return Task<Result<Done>>::finished(Done{});
    }
    Task<Result<Done>> remove(QString account) override
    {
        m_secrets.erase(account);
        return Task<Result<Done>>::finished(Done{});
    }

private:
    std::map<QString, SecretBytes> m_secrets;
};

} // namespace sotto::kit
