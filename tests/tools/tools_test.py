#!/usr/bin/env python3
"""Each check complains about a bad example and is content with a good one.

usage: tools_test.py [-v] [Class[.test]]
"""
import base64
import pathlib
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent


class ToolTest(unittest.TestCase):
    """A checkout in a temporary folder, and a check that is run on it."""

    tool = ""

    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="sotto-tools-"))
        self.addCleanup(shutil.rmtree, self.root)

    def write(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def run_tool(self, *arguments):
        return subprocess.run([sys.executable, str(HERE / self.tool), "--root", str(self.root), *arguments],
                              capture_output=True, text=True, check=False)

    def assert_well(self, *arguments):
        result = self.run_tool(*arguments)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def assert_complains(self, *expected, arguments=()):
        """Every expected text stands in a line of its own, and there are no other lines."""
        result = self.run_tool(*arguments)
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        lines = result.stdout.splitlines()
        for text in expected:
            self.assertTrue(any(text in line for line in lines), f"{text!r} is not in\n{result.stdout}")
        self.assertEqual(len(lines), len(expected), result.stdout)
        for line in lines:
            self.assertRegex(line, r"^[^:]+:\d+: .")


class Layers(ToolTest):
    tool = "check_layers.py"

    def test_good(self):
        self.write("core/ledger/log.cpp", '#include "core/ledger/log.h"\n#include "core/wire/frame.h"\n')
        self.write("core/ledger/log.h", "#pragma once\n")
        self.write("core/ledger/CMakeLists.txt", "sotto_library(core_ledger SOURCES log.cpp PUBLIC core::wire)\n")
        self.write("core/crypto/signal/store.cpp", "#include <signal/signal_protocol.h>\n")
        self.write("core/crypto/session.cpp", '#include "core/crypto/signal/store.h"\n')
        self.write("core/wire/codec.cpp", '#include "relay.pb.h"\n')
        self.write("server/relay/socket.cpp", "#include <openssl/ssl.h>\n")
        self.write("server/main.cpp", '#include "server/handlers/all.h"\n')
        self.write("tests/unit/x/x_test.cpp",
                   '#include "server/store/a.h"\n#include <signal/a.h>\n#include "x_test.moc"\n')
        self.write("core/base/c.cpp", '// #include "core/client/client.h"\n/* #include <sqlite3.h> */\n')
        self.assert_well()

    def test_an_edge_upwards(self):
        self.write("core/wire/frame.h", '#pragma once\n#include "core/net/connection.h"\n')
        self.assert_complains("core/wire/frame.h:2: core/wire may not use core/net")

    def test_the_relay_knows_no_content(self):
        self.write("server/handlers/submit.cpp",
                   '#include "core/content/content.h"\n#include "core/crypto/session.h"\n')
        self.assert_complains("submit.cpp:1: server/handlers may not use core/content", "submit.cpp:2: ")

    def test_the_command_line_sees_the_facade_only(self):
        self.write("app/cli/main.cpp",
                   '#include "core/storage/message_repository.h"\n#include "core/client/client.h"\n')
        self.assert_complains("app/cli/main.cpp:1: app/cli may not use core/storage")

    def test_signal_is_hidden_from_crypto_itself(self):
        self.write("core/crypto/session.cpp", "#include <signal/session_cipher.h>\n")
        self.assert_complains("belongs to core/crypto/signal")

    def test_foreign_headers(self):
        self.write("core/storage/a.cpp", "#include <sqlcipher/sqlite3.h>\n#include <sqlite3.h>\n")
        self.write("core/net/a.cpp", '#include <openssl/evp.h>\n#include <sodium.h>\n#include "core/wire/relay.pb.h"\n')
        self.write("server/store/a.cpp", "#include <toml++/toml.h>\n")
        self.write("core/client/a.cpp",
                   "#include <qt6keychain/keychain.h>\n#include <QGuiApplication>\n#include <random>\n")
        self.assert_complains("a.cpp:1: <sqlcipher/sqlite3.h>", "a.cpp:2: <sqlite3.h>", "<openssl/evp.h>", "<sodium.h>",
                              "<core/wire/relay.pb.h>", "<toml++/toml.h>", "<qt6keychain/keychain.h>",
                              "<QGuiApplication> belongs to nobody", "<random> belongs to core/base")

    def test_qrencode_has_one_user(self):
        self.write("core/qr/a.cpp", "#include <qrencode.h>\n")
        self.assert_well()
        self.write("app/cli/qr.cpp", "#include <qrencode.h>\n")
        self.assert_complains("app/cli/qr.cpp:1: <qrencode.h> belongs to core/qr")

    def test_unrooted_include(self):
        self.write("core/base/a.cpp", '#include "a.h"\n')
        self.assert_complains('includes are rooted: "core/base/a.h"')

    def test_unknown_folder(self):
        self.write("core/helpers/a.h", "#pragma once\n")
        self.assert_complains("folder core/helpers is not in the table")

    def test_product_code_and_test_headers(self):
        self.write("core/net/a.cpp", '#include "tests/kit/world.h"\n')
        self.assert_complains("may not include a test header")

    def test_links(self):
        self.write("core/net/CMakeLists.txt", "sotto_library(core_net PRIVATE core::storage PkgConfig::Sodium)\n")
        self.write("server/CMakeLists.txt", "target_link_libraries(r PRIVATE sqlite3 # only sqlite3\n protobuf-c)\n")
        self.assert_complains("core/net may not link core/storage", "PkgConfig::Sodium may be linked by core/prim",
                              "server/CMakeLists.txt:1: sqlite3 may be linked by nobody", "txt:2: protobuf-c")


class Awaits(ToolTest):
    tool = "check_awaits.py"

    def check(self, body, *expected, head="Task<Done> f(int x)"):
        self.write("core/net/a.cpp", head + "\n{\n" + body + "\n}\n")
        if expected:
            self.assert_complains(*expected)
        else:
            self.assert_well()

    def test_good(self):
        self.check("""
    co_await pause();
    const auto reply = co_await std::move(task);
    Result<std::vector<int>, NetError> all = co_await fetch(x, name);
    total = co_await count();
    if (const auto reply = co_await fetch(x); !reply)
        co_return reply.error();
    if (x)
        co_await pause();
    else
        co_await pause();
    for (int i = 0; i < 3; ++i) {
        const int value = co_await next(list[std::size_t(i)], []{ return 1; });
    }
    switch (x) {
    case State::Idle: co_await pause(); break;
    default: break;
    }
    // while (co_await f()) { }
    const char *text = "co_await g() ? 1 : 2";
    m_list.push_back([this](int y) { return y + m_z; });
    detach([](Task<int> t, int *sum) -> Task<Done> { *sum += 1; co_return Done{}; }(std::move(t), &sum));
    co_return Done{};""")

    def test_conditions(self):
        self.check("while (co_await more()) { }", "the condition of while")
        self.check("if (co_await more()) { }", "the condition of if")
        self.check("if (const auto x = co_await more()) { }", "the condition of if")
        self.check("switch (co_await more()) { }", "the condition of switch")
        self.check("for (int i = 0; co_await more(); ++i) { }", "the condition of for")
        self.check("for (int i = 0; i < 3; co_await more()) { }", "co_await inside ")

    def test_larger_expressions(self):
        for text in ("use(co_await f());", "co_return co_await f();", "const auto x = 1 + co_await f();",
                     "const auto x = Pair{co_await f(), 1};", "const auto x = (co_await f()).value();",
                     "const auto x = ok ? co_await f() : 0;", "std::vector<int> v{co_await f()};"):
            with self.subTest(text):
                self.check(text, "co_await inside a larger expression")

    def test_dangerous_arguments(self):
        self.check("co_await f([x] { return x; });", "capturing lambda inside an await expression")
        self.check("co_await f(Point{1, 2});", "braced temporary")
        self.check("co_await f({1, 2});", "braced temporary")
        self.check("co_await f(x ? 1 : 2);", "?: inside an await expression")

    def test_reference_parameters(self):
        self.check("co_return Done{};", "f returns a Task and takes a reference", head="Task<Done> f(const QString &x)")
        self.check("co_return Done{};", "X::f returns a Task", head="Task<Result<Done, E>> X::f(int a, Y &&x)")
        self.write("core/net/b.h",
                   "struct S { virtual Task<int> g(std::function<void(const X &)> done, X *x) = 0; };\n")
        self.check("co_return 1;")
        self.check("const auto l = [](int &x) -> Task<int> { co_return x; };", "a lambda returns a Task")

    def test_capturing_coroutines(self):
        self.check("auto l = [x]() -> Task<int> { co_return x; };", "a lambda with captures may not be a coroutine")
        self.check("auto l = [&] { run([](int y) -> Task<int> { co_return y; }(x)); };")


@unittest.skipUnless(shutil.which("clang-format-14"), "clang-format 14 is not installed")
class Format(ToolTest):
    tool = "check_format.py"

    def setUp(self):
        super().setUp()
        shutil.copy(HERE.parents[1] / ".clang-format", self.root)

    def test_good(self):
        self.write("core/base/a.cpp", "int twice(int x) { return 2 * x; }\n")
        self.assert_well()

    def test_clang_format_disagrees_and_fixes(self):
        self.write("core/base/a.cpp", "int twice (int x){return 2*x;}\n")
        result = self.run_tool()
        self.assertEqual(result.returncode, 1)
        self.assertIn("core/base/a.cpp:1: ", result.stdout)
        self.assert_well("--fix")
        self.assertEqual((self.root / "core/base/a.cpp").read_text(), "int twice(int x) { return 2 * x; }\n")

    def test_plain_rules(self):
        self.write("a.py", "x = 1 \n")
        self.write("b.sh", "\techo\n")
        self.write("c.proto", "x" * 121 + "\n")
        self.write("d.cmake", "x")
        self.write("e.py", "x\n\n")
        self.assert_complains("a.py:1: space at the end", "b.sh:1: tab", "c.proto:1: 121 columns", "d.cmake:1: ",
                              "e.py:2: empty line at the end")


class Readmes(ToolTest):
    tool = "check_readmes.py"

    def test_good_and_bad(self):
        self.write("core/base/a.h", "")
        self.write("tests/unit/core_base/a_test.cpp", "")
        for parent in ("core", "tests", "tests/unit"):
            self.write(parent + "/README.md", "word " * 12)
        self.assert_complains("core/base has no README.md")
        self.write("core/base/README.md", "Base.\n")
        self.assert_complains("core/base/README.md:1: says too little")
        self.write("core/base/README.md", "word " * 12)
        self.assert_well()
        (self.root / "core/README.md").unlink()
        self.assert_complains("core has no README.md")


class Docs(ToolTest):
    tool = "check_docs.py"

    def check(self, text, *expected):
        self.write("core/net/a.h", "#pragma once\n" + text)
        if expected:
            self.assert_complains(*expected)
        else:
            self.assert_well()

    def test_good(self):
        self.check('''namespace sotto {
#define MACRO(x) \\
    void x();

class Forward;
/// Made of parts.
enum class Kind { A, B };

/// A thing.
class Thing : public QObject {
    Q_OBJECT
public:
    Thing() = default;
    ~Thing() override;
    static Result<Thing> open(int x = f(1));

    /// Does it.
    void run();
    void stop() { m_x = {1, 2}; }

    int size() const { return m_size; }
    bool operator==(const Thing &) const = default;
    friend void swap(Thing &, Thing &);
    void handle() override;
    int m_member = 1;
Q_SIGNALS:
    /// It is done.
    void done(int x);

private:
    void hidden();
};

namespace detail {
int inner();
}

/// Adds.
template <class T> T add(T a, T b)
{
    return a + b;
}
int twice(int x); ///< doubles
inline constexpr int kLimit = 3;
using Handler = std::function<void(int)>;
} // namespace sotto
''')

    def test_bad(self):
        self.check('''namespace sotto {
/// Documented.
class A {
public:
    explicit A(int x);

    void run();
    int m_x;
    void walk(int x);

protected:
    void inside();
};

struct B {
    int x;
};

enum class C { X };

Result<std::vector<int>, Error> load(int x);

// An ordinary comment.
inline int half(int x)
{
    return x / 2;
}
}
''', "a.h:8: run", "a.h:10: walk", "a.h:16: struct B", "a.h:20: enum class C", "a.h:22: load", "a.h:25: half")

    def test_signals_are_public_and_slots_are_not(self):
        self.check('''/// Documented.
class A {
    Q_OBJECT

Q_SIGNALS:
    void changed();

private Q_SLOTS:
    void onChange();
};
''', "a.h:7: changed")


class Protocol(ToolTest):
    tool = "check_protocol.py"
    PROTO = '''syntax = "proto3";
// A greeting.
message Hello {
  // who speaks
  bytes account = 1;
  repeated uint32 versions = 2; // max 4 items; the newest first
  message Part { optional string text = 1; }
  reserved 9;
  oneof what {
    Part part = 3;
    bool other = 4;
  }
}
enum Kind { NONE = 0; SOME = 1; /* more */ }
'''
    GOOD = '''# Protocol
### `Hello`

| # | field | type | meaning |
|---|---|---|---|
| 1 | account | bytes | who |
| 2 | versions | repeated uint32 | max 4 items; newest first |
| 3 | part | Part | |
| 4 | other | bool | |

### `Hello.Part`

| # | field | type | meaning |
|---|---|---|---|
| 1 | `text` | `optional string` | the text |

### `Kind` (enumeration)

0 NONE, 1 SOME
'''

    def test_good(self):
        self.write("core/wire/proto/relay.proto", self.PROTO)
        self.write("core/docs/protocol.md", self.GOOD)
        self.assert_well()

    def test_every_difference_is_found(self):
        self.write("core/wire/proto/relay.proto", self.PROTO)
        self.write("core/docs/protocol.md", self.GOOD.replace("| 1 | account | bytes", "| 1 | user | bytes")
                   .replace("repeated uint32", "uint32").replace("| 3 | part", "| 7 | part"))
        self.assert_complains("md:6: Hello: field 1 is `bytes account`", "field 2 is", "field 3 (Part part) is missing",
                              "no field 7")

    def test_another_limit_is_found(self):
        self.write("core/wire/proto/relay.proto", self.PROTO)
        self.write("core/docs/protocol.md", self.GOOD.replace("max 4 items; ", "max 5 items; "))
        self.assert_complains('field 2 has the limit "max 4 items" in the .proto')
        self.write("core/docs/protocol.md", self.GOOD.replace("max 4 items; ", ""))
        self.assert_complains('field 2 has the limit "max 4 items" in the .proto')

    def test_enumerations_are_compared(self):
        self.write("core/wire/proto/relay.proto", self.PROTO)
        self.write("core/docs/protocol.md", self.GOOD.replace("1 SOME", "2 SOME, 3 MORE"))
        self.assert_complains("Kind: 1 is SOME in the .proto", "Kind: 2 is None", "Kind: 3 is None")
        self.write("core/docs/protocol.md", self.GOOD.replace("### `Kind`", "### `Sort`"))
        self.assert_complains("### `Kind` (enumeration)", "no enumeration is named Sort")

    def test_missing_and_unknown_tables(self):
        self.write("core/content/proto/content.proto", self.PROTO)
        self.assert_complains("### `Hello`", "### `Hello.Part`", "### `Kind` (enumeration)")
        self.write("core/docs/protocol.md", self.GOOD + self.GOOD.replace("Hello", "Other"))
        self.assert_complains("no message is named Other", "no message is named Other.Part")

    def test_two_tables_of_one_message(self):
        self.write("core/wire/proto/relay.proto", self.PROTO)
        self.write("core/docs/protocol.md", self.GOOD + self.GOOD.split("### `Hello.Part`")[0])
        self.assert_complains("Hello has two tables")

    def test_print_gives_what_is_missing(self):
        self.write("core/wire/proto/relay.proto", self.PROTO)
        printed = self.run_tool("--print")
        self.assertEqual(printed.returncode, 0)
        self.assertIn("| 1 | account | bytes | who speaks |", printed.stdout)
        self.assertIn("| 2 | versions | repeated uint32 | max 4 items; the newest first |", printed.stdout)
        self.write("core/docs/protocol.md", printed.stdout + self.GOOD[self.GOOD.index("### `Kind`"):])
        self.assert_well()

    def test_one_name_in_two_files(self):
        self.write("core/wire/proto/relay.proto", "message Profile { bytes a = 1; }\n")
        self.write("core/content/proto/content.proto", "message Profile { bytes b = 1; }\n")
        self.write("core/docs/protocol.md", self.run_tool("--print").stdout)
        self.assertIn("### `relay: Profile`", (self.root / "core/docs/protocol.md").read_text())
        self.assert_well()


class Mutations(ToolTest):
    tool = "check_mutations.py"
    HEADER = '''#define SOTTO_SECURITY_CHECKS(X) \\
    /* a */ \\
    X(First, "why, and (again) why") \\
    X(Second, "a reason")
#define OTHER(X) X(Third, "no check")
'''
    # A test binary in miniature: PASS unless the check named by its third argument's prefix is switched off.
    BINARY = '''#!/bin/sh
if [ "$2" = hollow ] || [ "$SOTTO_DISABLE_CHECK" != First ]; then echo "PASS   : $1::$2()"; exit 0; fi
if [ "$2" = crash ]; then exit 134; fi
echo "FAIL!  : $1::$2() compared values are not the same"; exit 1
'''

    def setUp(self):
        super().setUp()
        self.write("core/base/check.h", self.HEADER)
        self.write("build/tests/unit_a", self.BINARY)
        (self.root / "build/tests/unit_a").chmod(stat.S_IRWXU)

    def list(self, *lines):
        self.write("tests/tools/check_mutations.txt", "# comment\n" + "\n".join(lines) + "\n")

    def test_names_agree(self):
        self.list("First unit_a T f", "Second unit_a T g")
        self.assert_well()
        self.list("First unit_a T f")
        self.assert_complains("core/base/check.h:4: Second has no test")
        self.list("First unit_a T f", "Second unit_a T g", "Gone unit_a T h", "Second unit_a")
        self.assert_complains("txt:4: core/base/check.h names no check Gone", "txt:5: a line is:")

    def test_running(self):
        self.list("First unit_a T f", "Second unit_a T g")
        self.assert_complains("Second: g passes without the check", arguments=["--run", str(self.root / "build")])
        self.list("First unit_a T hollow", "First unit_a T crash", "First unit_b T f", "First unit_a T f",
                  "Second a T g")
        self.assert_complains("hollow passes without", "crash ended with 134 without a failed comparison",
                              "unit_b is not built", arguments=["--run", str(self.root / "build"), "First"])
        self.list("First unit_a T f", "Second a T g")
        self.assert_well("--run", str(self.root / "build"), "First")


class Fuzz(ToolTest):
    tool = "check_fuzz.py"
    HEADERS = {
        "core/wire/frame.h": "Result<Frame, WireError> decodeFrame(ByteView bytes);\n",
        "core/crypto/row.h": """struct Row {
    struct Note { int a; };
    static Result<Row, CryptoError> parse(ByteView stored);
    Result<Row> load(int which);
};
""",
        "app/cli/arguments.h": "Result<Arguments, QString> parseArguments(const QStringList &line);\n",
    }

    def setUp(self):
        super().setUp()
        for path, text in self.HEADERS.items():
            self.write(path, text)

    def test_good(self):
        self.write("tests/fuzz/one_fuzz.cpp", "void f() { decodeFrame(b); Row::parse(b); }\n")
        self.assert_well()

    def test_a_decoder_without_target(self):
        self.write("tests/fuzz/one_fuzz.cpp", "// decodeFrame(b) Row::parse(b)\n")
        self.assert_complains("frame.h:1: decodeFrame()", "row.h:3: Row::parse()")


class LogScan(ToolTest):
    def scan(self, secrets, log):
        self.write("secrets", secrets)
        (self.root / "log").write_bytes(log)
        result = subprocess.run([sys.executable, str(HERE / "log_scan.py"), "--secrets", str(self.root / "secrets"),
                                 str(self.root / "log")], capture_output=True, text=True, check=False)
        return result.returncode, result.stdout

    def test_clean(self):
        self.assertEqual(self.scan("handle alice\naddress 127.0.0.1\n", b"connected\nqueue 7 rows\n")[0], 0)

    def test_every_spelling_is_found(self):
        raw = bytes(range(200, 232))
        for text in (raw.hex(), raw.hex().upper(),
                     base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode(),
                     base64.b64encode(b"x" + raw + b"yz").decode(), base64.b64encode(b"xy" + raw).decode()):
            code, output = self.scan("account hex:" + raw.hex() + "\n", b"first\nfrom " + text.encode() + b" today\n")
            self.assertEqual(code, 1, text)
            self.assertIn("log:2: account", output)
        for text in (b"ALICE", b"@alice", b"alice".hex().encode(), b"x=alice%20b"):
            self.assertEqual(self.scan("handle alice\n", text)[0], 1, text)
        self.assertEqual(self.scan("body See you at noon\n", b"GET /See%20you%20at%20noon")[0], 1)
        self.assertEqual(self.scan("account hex:" + raw.hex() + "\n", b"\x00" + raw)[0], 1)

    def test_what_looks_like_a_secret_is_found(self):
        for line in (b"session 00112233445566778899aabbccddeeff ended", b"from 10.1.2.3:4455", b"to [::1]:443",
                     b"peer fe80:0:0:0:1:2:3:4 gone", b"peer 2001:db8::17 gone", b"asked by @zoe_1",
                     b"see sotto:invite/CAES", b"token abcdefGHIJKL0123456789mnop=", b"kit 4V7W-HJB7-BX85-N26Q"):
            code, output = self.scan("handle alice\n", b"first\n" + line + b"\n")
            self.assertEqual(code, 1, line)
            self.assertIn("log:2: ", output)
        for line in (b"2026-11-22T18:16:01.299 debug sotto.net connection: awaiting_hello", b"SQLCipher 4.6.1",
                     b"QObject::connect: no such signal sotto::kit::World::passes()", b"took 1234567890 ns"):
            self.assertEqual(self.scan("handle alice\n", line)[0], 0, line)

    def test_a_qt_test_log_is_read_where_it_logs(self):
        head = b"********* Start testing of T *********\nPASS   : T::T193_whatTheRelayAcceptedArrivesOnce()\n"
        logged = b"QINFO  : T::T193_whatTheRelayAcceptedArrivesOnce() sotto.net: connection"
        self.assertEqual(self.scan("handle alice\n", head + logged + b": online\n")[0], 0)
        code, output = self.scan("handle alice\n", head + logged + b" of alice\nand on @bob\n")
        self.assertEqual(code, 1)
        self.assertIn("log:3: handle", output)
        self.assertIn("log:4: handle", output)

    def test_a_folder_is_read_whole(self):
        self.write("logs/a.log", "nothing\n")
        call = [sys.executable, str(HERE / "log_scan.py"), "--folder", str(self.root / "logs")]
        self.assertEqual(subprocess.run(call, capture_output=True, check=False).returncode, 0)
        self.write("logs/one.secrets", "body See you at noon\n")
        self.write("logs/b.log", "well\nsee you at NOON\n")
        result = subprocess.run(call, capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("b.log:2: body", result.stdout)

    def test_a_hit_does_not_repeat_the_secret(self):
        self.assertNotIn("alice", self.scan("handle alice\n", b"to alice")[1])

    def test_what_could_prove_nothing_is_refused(self):
        self.assertEqual(self.scan("", b"")[0], 2)
        self.assertEqual(self.scan("handle al\n", b"")[0], 2)


if __name__ == "__main__":
    unittest.main()
