#!/usr/bin/env python3
"""Who may use whom: rooted includes and CMake links between folders, outside headers and libraries per folder.

usage: check_layers.py [--root DIR]
A new folder gets a line in ALLOWED; a new outside library a line in FOREIGN_HEADERS and FOREIGN_LIBRARIES.
"""
import re

import tree

CORE_SHARED = ["core/base", "core/primitives", "core/sqlite", "core/wire", "core/ledger"]

# folder -> the folders whose headers it may include and whose target it may link, besides itself.
ALLOWED = {
    "core/base": [],
    "core/primitives": ["core/base"],
    "core/sqlite": ["core/base", "core/primitives"],
    "core/wire": ["core/base"],
    "core/ledger": ["core/base", "core/primitives", "core/wire"],
    "core/qr": ["core/base"],
    "core/model": ["core/base"],
    "core/content": ["core/base", "core/primitives", "core/wire", "core/model"],
    "core/crypto": ["core/base", "core/primitives", "core/wire", "core/ledger", "core/model", "core/crypto/signal"],
    "core/crypto/signal": ["core/base", "core/primitives", "core/model", "core/crypto"],
    "core/storage": ["core/base", "core/primitives", "core/sqlite", "core/ledger", "core/model", "core/crypto"],
    "core/search": ["core/base", "core/sqlite", "core/model", "core/storage"],
    "core/settings": ["core/base", "core/model", "core/storage"],
    "core/net": ["core/base", "core/primitives", "core/wire", "core/ledger", "core/model"],
}
CLIENT_BELOW = CORE_SHARED + ["core/model", "core/content", "core/crypto", "core/storage", "core/search",
                              "core/settings", "core/net"]
for upper in ["core/account", "core/messaging", "core/contacts", "core/client"]:
    ALLOWED[upper] = list(CLIENT_BELOW)
    CLIENT_BELOW.append(upper)

# The relay knows nothing of content and crypto: what it cannot read is visible here.
server_below = list(CORE_SHARED)
for lower in ["config", "store", "limits", "accounts", "queues", "presence", "ops", "relay", "handlers",
              "root"]:
    ALLOWED["server/" + lower] = list(server_below)
    server_below.append("server/" + lower)
ALLOWED["server"] = server_below + ["core/qr"]

# Executables see the facade, its values and the foundation.
ALLOWED["app/platform"] = ["core/base", "core/primitives", "core/storage", "core/model", "core/settings", "core/client"]
ALLOWED["app/cli"] = ["core/base", "core/primitives", "core/model", "core/settings", "core/client", "core/qr",
                      "app/platform"]

# regular expression of an outside header -> folders that may include it (tests may include everything).
FOREIGN_HEADERS = [
    (r"signal/|signal_protocol", ["core/crypto/signal"]),
    (r"sqlcipher/|sqlite3\.h|sqlite3ext\.h", ["core/sqlite"]),
    (r".*\.pb\.h$|google/protobuf/", ["core/wire", "core/content"]),
    (r"sodium", ["core/primitives"]),
    (r"openssl/", ["core/primitives", "server/relay"]),
    (r"qrencode\.h", ["core/qr"]),
    (r"qt6keychain/|qtkeychain", ["app/platform"]),
    (r"toml\+\+/", ["server/config"]),
    (r"random$|QRandomGenerator|sys/random\.h", ["core/base"]),
    (r"Qt(Gui|Widgets|Qml|Quick)/|QGui|QWidget|QQml|QQuick|QApplication$", []),
]

# word in a CMakeLists.txt -> folders whose target may link it; None: nobody.
FOREIGN_LIBRARIES = [
    (r"PkgConfig::SignalProtocol", ["core/crypto"]),
    (r"PkgConfig::SqlCipher", ["core/sqlite"]),
    (r"protobuf::libprotobuf(?:-lite)?", ["core/wire", "core/content"]),
    (r"PkgConfig::Sodium", ["core/primitives"]),
    (r"OpenSSL::\w+", ["core/primitives", "server/relay"]),
    (r"PkgConfig::QrEncode", ["core/qr"]),
    (r"Qt6?Keychain::\w+", ["app/platform"]),
    (r"tomlplusplus::tomlplusplus", ["server/config"]),
    (r"Qt6::(?:Gui|Widgets|Qml|Quick)", []),
    # A second SQLite or protobuf in the process would share symbols with the first and not its settings.
    (r"SQLite::SQLite3|\bsqlite3\b|libsqlite3", []),
    (r"protobuf-c\b|protobuf_c\b", []),
]

OURS = ("core/", "server/", "app/", "tests/")
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?P<open>[<"])(?P<name>[^>"]+)[>"]', re.MULTILINE)
LINK = re.compile(r"\b(core|server|app)::(\w+)")


def folder_of(path):
    """The longest folder of the table that holds the file; a folder that is not in the table gives itself."""
    parts = path.parts[:-1]
    for length in range(len(parts), 0, -1):
        candidate = "/".join(parts[:length])
        if candidate in ALLOWED:
            return candidate
    return "/".join(parts[:2])


def is_test(folder):
    return folder == "tests" or folder.startswith("tests/")


def check_include(complaints, path, folder, line, name):
    if not name.startswith(OURS):
        return
    target = folder_of(tree.pathlib.PurePosixPath(name))
    if is_test(target):
        complaints.add(path, line, f"{folder} may not include a test header: {name}")
    elif target not in ALLOWED:
        complaints.add(path, line, f"{target} is not in the table of check_layers.py")
    elif target != folder and target not in ALLOWED.get(folder, []):
        complaints.add(path, line, f"{folder} may not use {target}: {name}")


def main():
    options = tree.arguments(__doc__.splitlines()[0])
    complaints = tree.Complaints()
    for path in tree.files(options.root, *tree.CXX_ENDINGS):
        if path.parts[0] not in ("core", "server", "app", "tests"):
            continue
        folder = folder_of(path)
        text = tree.without_comments((options.root / path).read_text(), keep_strings=True)
        if not is_test(folder) and folder not in ALLOWED:
            complaints.add(path, 1, f"folder {folder} is not in the table of check_layers.py")
            continue
        for found in INCLUDE.finditer(text):
            line, name, quoted = tree.line_of(text, found.start("name")), found["name"], found["open"] == '"'
            rooted = name.startswith(OURS)
            if quoted and not rooted and not name.endswith((".moc", ".pb.h")) and not name.startswith("moc_"):
                complaints.add(path, line, f"includes are rooted: \"{path.parent}/{name}\" instead of \"{name}\"")
            if is_test(folder):
                continue
            check_include(complaints, path, folder, line, name)
            for pattern, homes in FOREIGN_HEADERS:
                if re.match(pattern, name) and (not rooted or pattern.startswith(".*")):
                    if folder not in homes:
                        complaints.add(path, line, f"<{name}> belongs to {' and '.join(homes) or 'nobody here'}")

    for path in tree.files(options.root, "CMakeLists.txt", ".cmake"):
        text = re.sub(r"#[^\n]*", lambda m: " " * len(m.group(0)), (options.root / path).read_text())
        folder = "/".join(path.parts[:-1])
        if is_test(folder) or folder.startswith("packaging"):
            homeless = FOREIGN_LIBRARIES[-2:]
        else:
            homeless = FOREIGN_LIBRARIES
            for found in LINK.finditer(text):
                target = f"{found[1]}/{found[2]}"
                if target == folder or folder.count("/") == 0 and folder not in ALLOWED:
                    continue
                if target not in ALLOWED:
                    complaints.add(path, tree.line_of(text, found.start()), f"{target} is not in the table")
                elif target not in ALLOWED.get(folder, []):
                    complaints.add(path, tree.line_of(text, found.start()), f"{folder} may not link {target}")
        for pattern, homes in homeless:
            for found in re.finditer(pattern, text):
                if folder not in homes:
                    complaints.add(path, tree.line_of(text, found.start()),
                                   f"{found[0]} may be linked by {' and '.join(homes) or 'nobody'}")
    complaints.finish("layers: every include and link is in the table")


if __name__ == "__main__":
    main()
