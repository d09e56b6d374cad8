#include "core/wire/links.h"
#include "tests/kit/seeded_random.h"
#include "tests/kit/test_main.h"

#include <QTest>

namespace sotto::wire {

class LinksTest : public QObject {
    Q_OBJECT

    kit::SeededRandom m_random;
    Invite invite()
    {
        return {m_random.id<RelayKey>().value(),
                {QStringLiteral("relay.example:443"), QStringLiteral("[2001:db8::1]:8443")},
                m_random.id<InviteSecret>().value(),
                {1'772'000'000'000},
                m_random.id<AccountId>().value()};
    }
    ContactLink contact()
    {
        return {m_random.id<RelayKey>().value(),
                {QStringLiteral("relay.example:443")},
                m_random.id<AccountId>().value(),
                QStringLiteral("alice_1")};
    }

private Q_SLOTS:
    void invitesComeBackUnchanged()
    {
        Invite sent = invite();
        const QString link = inviteLink(sent);
        QVERIFY(link.startsWith(QStringLiteral("sotto:invite/")));
        QVERIFY(!link.contains(u'='));
        QCOMPARE(parseInviteLink(link).value(), sent);
        QCOMPARE(parseInviteLink(QStringLiteral(" \n") + link + QStringLiteral("\n")).value(), sent);
        sent.inviter.reset();
        QCOMPARE(parseInviteLink(inviteLink(sent)).value(), sent);
    }
    void contactLinksComeBackUnchanged()
    {
        ContactLink sent = contact();
        QCOMPARE(parseContactLink(contactLink(sent)).value(), sent);
        sent.handle.clear();
        QCOMPARE(parseContactLink(contactLink(sent)).value(), sent);
        sent.secret = Bytes(16, 's');
        QCOMPARE(parseContactLink(contactLink(sent)).value(), sent);
        sent.secret = Bytes(15, 's');
        QCOMPARE(parseContactLink(contactLink(sent)).error(), WireError::Invalid);
    }
    /// Made from the field tables by a second implementation; links on paper must work for ever.
    void T011_inviteLinksKeepTheirForm()
    {
        const Invite sent{RelayKey(std::array<std::uint8_t, 32>{1, 2, 3}),
                          {QStringLiteral("relay.example:443")},
                          InviteSecret(std::array<std::uint8_t, 16>{4, 5, 6}),
                          {1'772'000'000'000},
                          std::nullopt};
        QCOMPARE(inviteLink(sent),
                 QStringLiteral("sotto:invite/CAESIAECAwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAGhFyZWxhe"
                                "S5leGFtcGxlOjQ0MyIQBAUGAAAAAAAAAAAAAAAAACiA8LibyTM"));
    }
    void T011_contactLinksKeepTheirForm()
    {
        const ContactLink sent{RelayKey(std::array<std::uint8_t, 32>{1, 2, 3}),
                               {QStringLiteral("relay.example:443")},
                               AccountId(std::array<std::uint8_t, 32>{9}),
                               QStringLiteral("alice"),
                               Bytes::fromHex("04050600000000000000000000000000")};
        QCOMPARE(
            contactLink(sent),
            QStringLiteral("sotto:contact/CiABAgMAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABIRcmVsYXkuZXhhbXBsZTo0NDMaIA"
                           "kAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIgVhbGljZSoQBAUGAAAAAAAAAAAAAAAAAA"));
    }
    void T011_safetyLinksKeepTheirForm()
    {
        const Bytes scannable = Bytes::fromHex("0801120501020304ff");
        const QString link = QStringLiteral("sotto:safety/CAESBQECAwT_");
        QCOMPARE(safetyLink(scannable), link);
        QCOMPARE(parseSafetyLink(u' ' + link + u'\n').value(), scannable);
        QCOMPARE(parseSafetyLink(QStringLiteral("sotto:safety/")).error(), WireError::Invalid);
        QCOMPARE(parseSafetyLink(safetyLink(Bytes(kMaxScannableBytes + 1, 's'))).error(), WireError::Invalid);
        QCOMPARE(parseSafetyLink(link + u'=').error(), WireError::Malformed);
        QCOMPARE(parseSafetyLink(contactLink(contact())).error(), WireError::Malformed);
    }
    void oneKindIsNotTheOther()
    {
        QCOMPARE(parseContactLink(inviteLink(invite())).error(), WireError::Malformed);
        QCOMPARE(parseInviteLink(contactLink(contact())).error(), WireError::Malformed);
        const QString swapped = contactLink(contact()).replace(QStringLiteral("contact"), QStringLiteral("invite"));
        QVERIFY(!parseInviteLink(swapped));
    }
    void hostileTextIsRefused()
    {
        Invite byOperator = invite();
        byOperator.inviter.reset();
        const QString good = inviteLink(byOperator);
        for (const QString &text :
             {QString(), QStringLiteral("sotto:"), QStringLiteral("sotto:invite/"), QStringLiteral("http://relay/"),
              good + u'!', good + u'=', good + QChar(0x0436), QString(good).insert(20, u' '), good.toUpper(),
              QStringLiteral("sotto:invite/") + QString(100, u'A'),
              QStringLiteral("sotto:invite/////") + QString(100, QChar(0))}) {
            QVERIFY(!parseInviteLink(text));
        }
        QCOMPARE(parseInviteLink(QString(10'000'000, u'A')).error(), WireError::TooLarge);
        QCOMPARE(parseInviteLink(QStringLiteral("sotto:invite/") + QString(kMaxLinkLetters, u'A')).error(),
                 WireError::TooLarge);
        for (qsizetype size = 0; size < good.size(); ++size)
            QVERIFY(!parseInviteLink(good.first(size)));
    }
    void everyAlteredLetterIsRefusedOrIsAnotherInvite()
    {
        const Invite sent = invite();
        const QString good = inviteLink(sent);
        for (qsizetype i = 0; i < good.size(); ++i) {
            QString altered = good;
            altered[i] = altered[i] == u'A' ? u'B' : u'A';
            const auto parsed = parseInviteLink(altered);
            QVERIFY(!parsed || !(*parsed == sent));
        }
    }
    void addressesAreChecked_data()
    {
        QTest::addColumn<QString>("address");
        QTest::addColumn<bool>("good");
        const auto row = [](const char *address, bool good) {
            QTest::newRow(address) << QString::fromLatin1(address) << good;
        };
        row("relay.example:443", true);
        row("192.0.2.7:1", true);
        row("[::1]:65535", true);
        row("relay.example", false);
        row(":443", false);
        row("relay:0", false);
        row("relay:65536", false);
        row("relay:+1", false);
        row("relay:443/path", false);
        row("user@relay:443", false);
        row("::1:443", false);
        row("relay example:443", false);
    }
    void addressesAreChecked()
    {
        QFETCH(const QString, address);
        QFETCH(const bool, good);
        QCOMPARE(isRelayAddress(address), good);
        Invite sent = invite();
        sent.addresses = {address};
        QCOMPARE(parseInviteLink(inviteLink(sent)).hasValue(), good);
    }
    void tooManyAddressesAreRefused()
    {
        Invite sent = invite();
        sent.addresses = QStringList(5, QStringLiteral("relay:1"));
        QCOMPARE(parseInviteLink(inviteLink(sent)).error(), WireError::TooLarge);
        sent.addresses = QStringList();
        QCOMPARE(parseInviteLink(inviteLink(sent)).error(), WireError::Invalid);
    }
    void handlesAreChecked()
    {
        for (const char *good : {"abc", "alice_1.x", "a23456789012345678901234567890"})
            QVERIFY(isHandle(QString::fromLatin1(good)));
        for (const char *bad : {"", "ab", "Alice", "a b", "a-b", "a2345678901234567890123456789012"})
            QVERIFY(!isHandle(QString::fromLatin1(bad)));
        QVERIFY(!isHandle(QStringLiteral("аlice"))); // a Cyrillic а
        ContactLink sent = contact();
        sent.handle = QStringLiteral("Not A Handle");
        QCOMPARE(parseContactLink(contactLink(sent)).error(), WireError::Invalid);
    }
};

SOTTO_TEST(LinksTest)

} // namespace sotto::wire

#include "links_test.moc"
