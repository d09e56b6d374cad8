#!/usr/bin/env python3
"""T213: every named security check has a test that fails when the check is switched off.

usage: check_mutations.py [--root DIR] [--run BUILDDIR] [CHECK...]
Without --run: core/base/check.h and tests/tools/check_mutations.txt name the same checks.
With --run: each listed test passes as it is and fails under SOTTO_DISABLE_CHECK=CHECK. BUILDDIR is a build with the
switch (preset dev). Lines of the list: CheckName test_binary TestClass testFunction
"""
import concurrent.futures
import os
import re
import subprocess

import tree

CHECKS = "core/base/check.h"
LIST = "tests/tools/check_mutations.txt"
SECONDS_PER_TEST = 120
AT_ONCE = 2


def named_checks(text):
    """name -> line of every check of SOTTO_SECURITY_CHECKS."""
    start = text.find("#define SOTTO_SECURITY_CHECKS")
    if start < 0:
        return {}
    macro = re.compile(r"(?:[^\n\\]|\\\n|\\.)*").match(text, start)[0]
    return {m[1]: tree.line_of(text, start + m.start())
            for m in re.finditer(r'\bX\(\s*(\w+)\s*,(?=\s*(?:\\\s*)?")', macro)}


def listed_tests(text):
    """(line, check, binary, class, function) of every line; a wrong line has only its number."""
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split("#")[0].split()
        if words:
            yield (number, *words)


def run_test(build, root, binary, test_class, function, switched_off=None):
    """(exit code, output); exit code None after too long a time."""
    environment = dict(os.environ, QT_QPA_PLATFORM="offscreen", SOTTO_SOURCE_DIR=str(root))
    environment.pop("SOTTO_DISABLE_CHECK", None)
    if switched_off:
        environment["SOTTO_DISABLE_CHECK"] = switched_off
    try:
        result = subprocess.run([str(build / "tests" / binary), test_class, function], env=environment, text=True,
                                errors="replace", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, timeout=SECONDS_PER_TEST, check=False)
        return result.returncode, result.stdout
    except subprocess.TimeoutExpired:
        return None, ""


def judge(build, root, entry):
    """What is wrong with one line of the list, or nothing."""
    _, check, binary, test_class, function = entry
    if not os.access(build / "tests" / binary, os.X_OK):
        return f"{check}: {binary} is not built in {build.name}"
    code, output = run_test(build, root, binary, test_class, function)
    if code != 0 or not re.search(rf"^PASS\s+: .*\b{re.escape(function)}\(", output, re.MULTILINE):
        return f"{check}: {binary} {test_class} {function} does not pass as it is (exit {code})"
    code, output = run_test(build, root, binary, test_class, function, switched_off=check)
    if code is None:
        return f"{check}: {function} hangs without the check: let it fail in time"
    if code == 0:
        return f"{check}: {function} passes without the check: it proves nothing"
    if "FAIL!" not in output:
        return f"{check}: {function} ended with {code} without a failed comparison"
    return None


def main():
    def add(parser):
        parser.add_argument("--run", type=tree.pathlib.Path, metavar="BUILDDIR", help="run the tests of this build")
        parser.add_argument("checks", nargs="*", metavar="CHECK", help="only these checks")
    options = tree.arguments(__doc__.splitlines()[0], add)
    complaints = tree.Complaints()
    checks = named_checks((options.root / CHECKS).read_text())
    if not checks:
        complaints.add(CHECKS, 1, "no SOTTO_SECURITY_CHECKS list was found")
    listing = options.root / LIST
    entries = []
    for entry in listed_tests(listing.read_text() if listing.is_file() else ""):
        if len(entry) != 5:
            complaints.add(LIST, entry[0], "a line is: CheckName test_binary TestClass testFunction")
        elif entry[1] not in checks:
            complaints.add(LIST, entry[0], f"{CHECKS} names no check {entry[1]}")
        else:
            entries.append(entry)
    for name in checks.keys() - {entry[1] for entry in entries}:
        complaints.add(CHECKS, checks[name], f"{name} has no test in {LIST}")
    if options.checks:
        entries = [entry for entry in entries if entry[1] in options.checks]
    summary = f"mutations: {len(checks)} checks, each with a test"
    if options.run:
        build = options.run.resolve()
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            for entry, wrong in zip(entries, pool.map(lambda e: judge(build, options.root, e), entries)):
                if wrong:
                    complaints.add(LIST, entry[0], wrong)
        proven = len({e[1] for e in entries})
        summary = f"mutations: {len(entries)} tests of {proven} checks pass, and fail without their check"
    complaints.finish(summary)


if __name__ == "__main__":
    main()
