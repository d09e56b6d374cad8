#!/usr/bin/env python3
"""Sources look alike: clang-format 14 agrees, 120 columns, no tabs, no trailing space, a newline at the end.

usage: check_format.py [--root DIR] [--fix]      --fix: let clang-format rewrite the C++ files first
Other versions of clang-format disagree in details; where 14 is not installed only the plain rules are checked.
"""
import concurrent.futures
import os
import re
import shutil
import subprocess

import tree

TEXT_ENDINGS = (*tree.CXX_ENDINGS, ".py", ".sh", ".cmake", "CMakeLists.txt", ".proto", ".sql", ".json", ".supp")
MAX_COLUMNS = 120


def clang_format():
    for name in ("clang-format-14", "clang-format"):
        program = shutil.which(name)
        if program:
            version = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
            if re.search(r"version 14\.", version):
                return program
    return None


def check_plain(complaints, root, path):
    raw = (root / path).read_bytes()
    if not raw:
        return
    if not raw.endswith(b"\n"):
        complaints.add(path, raw.count(b"\n") + 1, "the last line needs a newline")
    if raw.endswith(b"\n\n"):
        complaints.add(path, raw.count(b"\n"), "empty line at the end")
    for number, line in enumerate(raw.decode().splitlines(), 1):
        if "\t" in line:
            complaints.add(path, number, "tab: indent with spaces")
        if line.endswith((" ", "\r")):
            complaints.add(path, number, "space at the end of the line")
        if len(line) > MAX_COLUMNS and not path.name.endswith(".json"):
            complaints.add(path, number, f"{len(line)} columns: at most {MAX_COLUMNS}")


def main():
    options = tree.arguments(__doc__.splitlines()[0],
                             lambda p: p.add_argument("--fix", action="store_true", help="rewrite the C++ files"))
    complaints = tree.Complaints()
    program = clang_format()
    sources = [str(p) for p in tree.files(options.root, *tree.CXX_ENDINGS)]
    if program and sources:
        mode = ["-i"] if options.fix else ["--dry-run", "--Werror"]
        share = max(1, -(-len(sources) // (4 * (os.cpu_count() or 1))))
        parts = [sources[i:i + share] for i in range(0, len(sources), share)]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            runs = pool.map(lambda part: subprocess.run([program, *mode, "--style=file", *part], cwd=options.root,
                                                        capture_output=True, text=True, check=False), parts)
            for run in runs:
                found = re.findall(r"^(.+?):(\d+):\d+: (?:error|warning): (.*)$", run.stderr, re.MULTILINE)
                for name, line, message in found:
                    complaints.add(name, int(line), message)
                if run.returncode and not found:
                    complaints.add(".clang-format", 1, run.stderr.strip() or "clang-format failed")
    for path in tree.files(options.root, *TEXT_ENDINGS):
        check_plain(complaints, options.root, path)
    complaints.finish("format: clang-format 14 and the plain rules agree" if program
                      else "format: the plain rules agree (clang-format 14 is not installed)")


if __name__ == "__main__":
    main()
