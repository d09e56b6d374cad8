#include "core/net/proxy_settings.h"
#include "tests/kit/test_main.h"

#include <QTest>

namespace sotto {

class ProxySettingsTest : public QObject {
    Q_OBJECT

    using Kind = ProxySettings::Kind;

private Q_SLOTS:
    void whatIsWrittenIsReadBack()
    {
        const ProxySettings all[] = {
            {},
            {Kind::None, {}, 0, {}, {}},
            {Kind::Socks5, QStringLiteral("proxy.example.org"), 1080, {}, {}},
            {Kind::HttpConnect, QStringLiteral("10.0.0.1"), 3128, QStringLiteral("me"), QStringLiteral("p:@/ss %")},
            {Kind::Socks5, QStringLiteral("::1"), 9050, {}, {}},
        };
        for (const ProxySettings &proxy : all)
            QVERIFY2(ProxySettings::fromText(proxy.toText()) == proxy, qPrintable(proxy.toText()));
    }
    void anythingElseIsNone()
    {
        for (const char *text :
             {"", "direct", "socks5://", "socks5://host", "socks5://:1080", "socks4://host:1080", "http://host:0",
              "http://host:70000", "http://host:80/path", "http://host:80/?q", "host:1080"})
            QVERIFY2(!ProxySettings::fromText(QString::fromLatin1(text)), text);
    }
};

SOTTO_TEST(ProxySettingsTest)

} // namespace sotto

#include "proxy_settings_test.moc"
