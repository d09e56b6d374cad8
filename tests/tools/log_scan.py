#!/usr/bin/env python3
"""Finds secrets in logs (T183, T195): bodies, keys, ids, handles, addresses in any common spelling.

usage: log_scan.py [--secrets FILE] LOG...
       log_scan.py --folder DIR       every DIR/*.log, with the secrets of every DIR/*.secrets
Looks for given secrets and, whatever their value, for what looks like one: long hex or base64, IP addresses, @handles,
sotto: links, groups of a recovery kit. Of a Qt Test log it reads what was logged, not the names of tests.
A line of FILE is `label value`, for example `handle alice`, `body See you at noon`; `label hex:00ff…` is raw bytes.
Each value is looked for as it is, in hex (any case), in base64 (both alphabets) and, for text, percent-encoded; texts
in any case. Every hit is a line `log:line: label` that does not repeat the secret. Exit 1 when there is a hit, 2 when
the secrets could prove nothing (too short) or there is no log.
"""
import argparse
import base64
import pathlib
import re
import sys
import urllib.parse

FEWEST_BYTES = 4

# What looks like a secret; (label, bytes regular expression).
SHAPES = [(label, re.compile(pattern)) for label, pattern in (
    ("hex (id or key)", rb"(?<![0-9A-Za-z])[0-9a-fA-F]{16,}(?![0-9A-Za-z])"),
    ("base64 (key or token)", rb"(?<![\w+/-])(?=[\w+/-]*[0-9])(?=[\w+/-]*[A-Z])(?=[\w+/-]*[a-z])[A-Za-z0-9+/_-]{22,}"),
    ("IPv4 address", rb"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])"),
    ("IPv6 address", rb"(?<![\w:])(?:[0-9a-fA-F]{1,4}:){3,}[0-9a-fA-F:]+|\[::"),
    ("IPv6 address", rb"(?<![\w:])[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{1,4})*::[0-9a-fA-F]"),
    ("handle", rb"(?<![\w/])@[a-z0-9_.]{3,30}\b"),
    ("link", rb"sotto:(?:invite|contact)/"),
    ("recovery kit", rb"(?:[0-9A-Z]{4}-){3,}"),
)]
# A Qt Test log: what was logged stands behind "QINFO  : Class::function(tag) ", the rest is the test's own report.
QTEST_START = b"********* Start testing"
QTEST_LOGGED = re.compile(rb"^Q(?:DEBUG|INFO|WARN|SYSTEM|CRITICAL|FATAL)\s*:\s[\w:]+\([^)\n]*\) ")
QTEST_REPORT = re.compile(rb"^(?:[A-Z]+!?\s*: |Totals: |Config: |\*{9} |\s+(?:Loc|Actual|Expected|Left|Right)\b)")


def spellings(value):
    """Every form of one secret, lower case where case may vary; pairs (bytes, whether case is ignored)."""
    is_raw = value.startswith("hex:")
    raw = bytes.fromhex(value[4:]) if is_raw else value.encode()
    forms = {(raw.hex().encode(), True)}
    # Inside a longer base64 text the same bytes look different at each of three offsets; the outer digits vary.
    for offset in range(3):
        padded = base64.b64encode(b"\0" * offset + raw)
        core = padded[(offset * 8 + 5) // 6:len(padded.rstrip(b"=")) - (1 if (offset + len(raw)) % 3 else 0)]
        if len(core) >= 6:
            forms |= {(core, False), (core.replace(b"+", b"-").replace(b"/", b"_"), False)}
    if is_raw:
        forms.add((raw, False))
    else:
        forms |= {(raw.lower(), True), (urllib.parse.quote(value).lower().encode(), True)}
        if value.encode() != value.encode("unicode_escape"):
            forms.add((value.encode("unicode_escape").lower(), True))
    return forms


def read_secrets(text):
    """(label, spellings) of every line; raises ValueError for one that could prove nothing."""
    secrets = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        label, _, value = line.partition(" ")
        value = value.strip()
        size = len(bytes.fromhex(value[4:])) if value.startswith("hex:") else len(value.encode())
        if size < FEWEST_BYTES:
            raise ValueError(f"line {number}: {label} has under {FEWEST_BYTES} bytes and would be found everywhere")
        secrets.append((label, spellings(value)))
    if not secrets:
        raise ValueError("no secrets to look for")
    return secrets


def logged(data):
    """The bytes of a log with everything blanked that a Qt Test program reports of itself; lines keep their number."""
    if not data.startswith(QTEST_START):
        return data
    lines = []
    for line in data.split(b"\n"):
        prefix = QTEST_LOGGED.match(line)
        lines.append(line[prefix.end():] if prefix else b"" if QTEST_REPORT.match(line) else line)
    return b"\n".join(lines)


def scan(data, secrets):
    """(line, label) of every hit in the bytes of a log."""
    data = logged(data)
    lower = data.lower()
    hits = {(data.count(b"\n", 0, found.start()) + 1, label)
            for label, shape in SHAPES for found in shape.finditer(data)}
    for label, forms in secrets:
        for form, any_case in forms:
            for found in re.finditer(re.escape(form), lower if any_case else data):
                hits.add((data.count(b"\n", 0, found.start()) + 1, label))
    return sorted(hits)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--secrets", type=pathlib.Path)
    parser.add_argument("--folder", type=pathlib.Path)
    parser.add_argument("logs", nargs="*", type=pathlib.Path, metavar="LOG")
    options = parser.parse_args()
    try:
        logs = options.logs + (sorted(options.folder.glob("*.log")) if options.folder else [])
        lists = ([options.secrets] if options.secrets else []) \
            + (sorted(options.folder.glob("*.secrets")) if options.folder else [])
        if not logs:
            raise ValueError("no logs to look at")
        secrets = [secret for path in lists for secret in read_secrets(path.read_text())]
        hits = [(log, *hit) for log in logs for hit in scan(log.read_bytes(), secrets)]
    except (ValueError, OSError) as problem:
        print(f"log_scan.py: {problem}", file=sys.stderr)
        sys.exit(2)
    for log, line, label in hits:
        print(f"{log}:{line}: {label}")
    if hits:
        sys.exit(1)
    size = sum(log.stat().st_size for log in logs)
    print(f"log_scan: {len(secrets)} secrets and {len(SHAPES)} shapes, {len(logs)} logs of {size} bytes, no hit")


if __name__ == "__main__":
    main()
