// A configuration file that is taken has every number within its range, and addresses that can be listened on.
#include "server/config/relay_config.h"

#include <cstdlib>

using namespace sotto;
using namespace sotto::relay;

namespace {
void check(const RelayConfig &config)
{
    for (const Setting &setting : settings()) {
        double number = setting.least;
        if (const auto *whole = std::get_if<std::int64_t RelayConfig::*>(&setting.member))
            number = double(config.*(*whole));
        else if (const auto *fraction = std::get_if<double RelayConfig::*>(&setting.member))
            number = config.*(*fraction);
        else if (const auto *list = std::get_if<QStringList RelayConfig::*>(&setting.member))
            number = setting.least + double((config.*(*list)).size());
        if (!(number >= setting.least && number <= setting.most) && setting.most > 0)
            std::abort();
    }
    if (!parseListenAddress(config.listen))
        std::abort();
}
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const QByteArray text(reinterpret_cast<const char *>(data), qsizetype(size));
    for (const auto scope : {ConfigScope::Everything, ConfigScope::LimitsOnly}) {
        if (const auto config = applyConfigText({}, text, QStringLiteral("fuzz"), scope))
            check(*config);
    }
    QProcessEnvironment environment;
    for (const QByteArray &line : text.split('\n')) {
        const qsizetype sign = line.indexOf('=');
        if (sign > 0)
            environment.insert(QStringLiteral("SOTTO_RELAY_") + QString::fromUtf8(line.first(sign)),
                               QString::fromUtf8(line.sliced(sign + 1)));
    }
    if (const auto config = applyEnvironment({}, environment))
        check(*config);
    (void)parseListenAddress(QString::fromUtf8(text));
    return 0;
}
