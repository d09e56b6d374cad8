"""What the checks share: finding the checkout, its files, C++ text without comments, and how to complain."""
import argparse
import os
import pathlib
import re
import subprocess
import sys

CXX_ENDINGS = (".h", ".cpp")


def arguments(description, add=None):
    """Command line of a check: --root, and what `add(parser)` adds."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--root", type=pathlib.Path, help="checkout to look at; default: the one around this script")
    if add:
        add(parser)
    result = parser.parse_args()
    result.root = (result.root or pathlib.Path(__file__).resolve().parents[2]).resolve()
    return result


def files(root, *endings):
    """Files of the checkout, relative and sorted: tracked or new, never ignored. A folder without git works too."""
    listing = subprocess.run(["git", "-C", str(root), "ls-files", "-z", "-co", "--exclude-standard"],
                             capture_output=True, check=False)
    if listing.returncode == 0 and (root / ".git").exists():
        names = [n for n in listing.stdout.decode().split("\0") if n]
    else:
        names = [os.path.relpath(os.path.join(folder, name), root)
                 for folder, _, some in os.walk(root) for name in some]
    return sorted({pathlib.PurePosixPath(n) for n in names
                   if (not endings or n.endswith(endings)) and (root / n).is_file()})


_TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<tag>[^()\s\\]{0,16})\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'",
    re.DOTALL)


def without_comments(text, keep_strings=False):
    """The text with comments (and the inside of strings) as spaces; every line and column stays where it was."""
    def blank(match):
        found = match.group(0)
        if found.startswith("/"):
            return re.sub(r"[^\n]", " ", found)
        if keep_strings:
            return found
        return found[0] + re.sub(r"[^\n]", " ", found[1:-1]) + found[-1]
    return _TOKEN.sub(blank, text)


def without_preprocessor(text):
    """The text with preprocessor lines and their continuations as spaces."""
    return re.sub(r"(?m)^[ \t]*#(?:[^\n\\]|\\\n|\\.)*", lambda m: re.sub(r"[^\n]", " ", m.group(0)), text)


def matching(text, at, pairs="(){}[]"):
    """Index of the bracket that closes the one at `at`, or len(text)."""
    opening, depth = text[at], 0
    closing = pairs[pairs.index(opening) + 1]
    for index in range(at, len(text)):
        if text[index] == opening:
            depth += 1
        elif text[index] == closing:
            depth -= 1
            if depth == 0:
                return index
    return len(text)


def line_of(text, index):
    """Line number, from 1, of a position."""
    return text.count("\n", 0, index) + 1


class Complaints:
    """Collects `file:line: message` lines; exits 1 with them when there are any."""

    def __init__(self):
        self.lines = []

    def add(self, path, line, message):
        self.lines.append((str(path), line, message))

    def finish(self, all_well):
        for path, line, message in sorted(set(self.lines)):
            print(f"{path}:{line}: {message}")
        if self.lines:
            print(f"{pathlib.Path(sys.argv[0]).name}: {len(set(self.lines))} complaints", file=sys.stderr)
            sys.exit(1)
        print(all_well)
        sys.exit(0)
