#include "core/wire/proto_scan.h"
#include "tests/kit/test_main.h"

#include <QTest>

namespace sotto::wire {

namespace {

constexpr FieldRule kInnerFields[] = {{1, FieldKind::Varint, false, 0, 0, 0, nullptr}};
constexpr MessageRule kInner{kInnerFields};
extern const MessageRule kTree;
constexpr FieldRule kOuterFields[] = {
    {1, FieldKind::Varint, false, 0, 0, 0, nullptr},  {2, FieldKind::Bytes, false, 0, 4, 0, nullptr},
    {3, FieldKind::Message, false, 1, 0, 0, &kInner}, {4, FieldKind::Message, false, 1, 0, 0, &kInner},
    {5, FieldKind::Varint, true, 0, 0, 3, nullptr},   {6, FieldKind::Bytes, true, 0, 2, 2, nullptr},
};
constexpr MessageRule kOuter{kOuterFields};
constexpr FieldRule kNumberFields[] = {{1, FieldKind::Natural, false, 0, 0, 0, nullptr},
                                       {2, FieldKind::Natural, true, 0, 0, 3, nullptr}};
constexpr MessageRule kNumbers{kNumberFields};
constexpr FieldRule kTreeFields[] = {{1, FieldKind::Message, false, 0, 0, 0, &kTree}};
const MessageRule kTree{kTreeFields};

Bytes hex(const char *text) { return Bytes::fromHex(text); }

} // namespace

class ProtoScanTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void acceptsWhatTheTableAllows()
    {
        QVERIFY(scan(hex("0801"), kOuter));
        QVERIFY(scan(hex("080112046162636 41a020805"), kOuter));
        QVERIFY(scan(hex("2a03010203"), kOuter));   // packed
        QVERIFY(scan(hex("280128022803"), kOuter)); // not packed
        QVERIFY(scan(Bytes(), kOuter));
    }
    void refusesOverLimit()
    {
        QCOMPARE(scan(hex("12056162636465"), kOuter).error(), WireError::TooLarge);
        QCOMPARE(scan(hex("2a0401020304"), kOuter).error(), WireError::TooLarge);
        QCOMPARE(scan(hex("2a0201022a020304"), kOuter).error(), WireError::TooLarge);
        QCOMPARE(scan(hex("320161320162320163"), kOuter).error(), WireError::TooLarge);
        QCOMPARE(scan(hex("3203616263"), kOuter).error(), WireError::TooLarge);
    }
    void refusesDuplicatesOfSingularFieldsAndOneofMembers()
    {
        QCOMPARE(scan(hex("08010801"), kOuter).error(), WireError::Duplicate);
        QCOMPARE(scan(hex("1a0022 00"), kOuter).error(), WireError::Duplicate);
    }
    void refusesUnknownCriticalFieldsOnly()
    {
        QCOMPARE(scan(hex("7801"), kOuter).error(), WireError::UnknownCritical);     // 15
        QVERIFY(scan(hex("800101"), kOuter));                                        // 16
        QVERIFY(scan(hex("c03e01"), kOuter));                                        // 1000
        QCOMPARE(scan(hex("c83e01"), kOuter).error(), WireError::UnknownCritical);   // 1001
        QCOMPARE(scan(hex("1a027801"), kOuter).error(), WireError::UnknownCritical); // nested
    }
    void refusesWhatIsCutShortOrOfTheWrongType()
    {
        for (const char *text : {"08", "1205616263", "12ffffffffffffffffff01", "0b", "0c", "0a00", "00", "10 01", "ff"})
            QCOMPARE(scan(hex(text), kOuter).error(), WireError::Malformed);
        QCOMPARE(scan(hex("08ffffffffffffffffff7f"), kOuter).error(), WireError::Malformed); // over 64 bits
    }
    void refusesNumbersThatCannotBeStored()
    {
        QVERIFY(scan(hex("08ffffffffffffffff7f"), kNumbers));                                // 2^63 - 1
        QVERIFY(scan(hex("120a01ffffffffffffffff7f"), kNumbers));                            // packed
        QVERIFY(scan(hex("10ffffffffffffffff7f1001"), kNumbers));                            // not packed
        QCOMPARE(scan(hex("0880808080808080808001"), kNumbers).error(), WireError::Invalid); // 2^63
        QCOMPARE(scan(hex("08ffffffffffffffffff01"), kNumbers).error(), WireError::Invalid);
        QCOMPARE(scan(hex("120b0180808080808080808001"), kNumbers).error(), WireError::Invalid);
        QCOMPARE(scan(hex("1080808080808080808001"), kNumbers).error(), WireError::Invalid);
        QCOMPARE(scan(hex("08ffffffffffffffffff7f"), kNumbers).error(), WireError::Malformed); // over 64 bits
        QCOMPARE(scan(hex("08010801"), kNumbers).error(), WireError::Duplicate);
    }
    void refusesDeepNesting()
    {
        Bytes bytes;
        for (int depth = 1; depth < kMaxDepth; ++depth)
            bytes = Bytes("\x0a", 1) + Bytes(1, char(bytes.size())) + bytes;
        QVERIFY(scan(bytes, kTree));
        bytes = Bytes("\x0a", 1) + Bytes(1, char(bytes.size())) + bytes;
        QCOMPARE(scan(bytes, kTree).error(), WireError::TooDeep);
    }
};

SOTTO_TEST(ProtoScanTest)

} // namespace sotto::wire

#include "proto_scan_test.moc"
