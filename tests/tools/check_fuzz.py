#!/usr/bin/env python3
"""Every decoder of core, server and app is called by a fuzz target.

usage: check_fuzz.py [--root DIR]
A decoder is a public function decode…(), parse…() or recoverySecret() in a header, or a static parse() or load() of a
class, that answers with a Result or an optional: it reads bytes or text that somebody else may have written.
"""
import re

import tree

# What a person types on their own command line is no attack; KeyFile::load() reads a file and calls parseKeyFile().
NOT_FUZZED = {"parseCommandLine", "parseArguments", "KeyFile::load"}

DECODER = re.compile(r"\b(?:Result<|std::optional<)[^;{}()]*>\s+((?:decode|parse)\w*|load|recoverySecret)\s*\(")
CLASS = re.compile(r"\b(?:class|struct)\s+(\w+)\b[^;(){]*\{")


def owner(text, at):
    """The innermost class around a position, or nothing."""
    around = [found[1] for found in CLASS.finditer(text, 0, at) if tree.matching(text, found.end() - 1) > at]
    return around[-1] if around else None


def decoders(text):
    """(name to look for, position) of each decoder that a header declares."""
    for found in DECODER.finditer(text):
        name = found[1]
        if name in ("parse", "load"):
            if "static" not in text[text.rfind("\n", 0, found.start()):found.start()]:
                continue
            name = f"{owner(text, found.start())}::{name}"
        yield name, found.start()


def main():
    options = tree.arguments(__doc__.splitlines()[0])
    complaints = tree.Complaints()
    targets = [tree.without_comments((options.root / path).read_text())
               for path in tree.files(options.root, "_fuzz.cpp") if str(path).startswith("tests/fuzz/")]
    for path in tree.files(options.root, ".h"):
        if path.parts[0] not in ("core", "server", "app"):
            continue
        text = tree.without_comments((options.root / path).read_text())
        for name, at in decoders(text):
            called = re.compile(r"\b" + re.escape(name) + r"\s*\(")
            if name not in NOT_FUZZED and not any(called.search(target) for target in targets):
                complaints.add(path, tree.line_of(text, at), f"{name}() is called by no target of tests/fuzz")
    complaints.finish("fuzz: every decoder has a target")


if __name__ == "__main__":
    main()
