#!/usr/bin/env python3
"""Finds secrets in logs (T183, T195): bodies, keys, ids, handles, addresses in any common spelling.

usage: log_scan.py --secrets FILE LOG...
A line of FILE is `label value`, for example `handle alice`, `body See you at noon`; `label hex:00ff…` is raw bytes.
Each value is looked for as it is, in hex (any case), in base64 (both alphabets) and, for text, percent-encoded; texts
in any case. Every hit is a line `log:line: label` that does not repeat the secret. Exit 1 when there is a hit, 2 when
the secrets could prove nothing (too short or none).
"""
import argparse
import base64
import pathlib
import re
import sys
import urllib.parse

FEWEST_BYTES = 4


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


def scan(data, secrets):
    """(line, label) of every hit in the bytes of a log."""
    lower = data.lower()
    hits = set()
    for label, forms in secrets:
        for form, any_case in forms:
            for found in re.finditer(re.escape(form), lower if any_case else data):
                hits.add((data.count(b"\n", 0, found.start()) + 1, label))
    return sorted(hits)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--secrets", type=pathlib.Path, required=True)
    parser.add_argument("logs", nargs="+", type=pathlib.Path, metavar="LOG")
    options = parser.parse_args()
    try:
        secrets = read_secrets(options.secrets.read_text())
        hits = [(log, *hit) for log in options.logs for hit in scan(log.read_bytes(), secrets)]
    except (ValueError, OSError) as problem:
        print(f"log_scan.py: {problem}", file=sys.stderr)
        sys.exit(2)
    for log, line, label in hits:
        print(f"{log}:{line}: {label}")
    if hits:
        sys.exit(1)
    print(f"log_scan: {len(secrets)} secrets, {len(options.logs)} logs, no hit")


if __name__ == "__main__":
    main()
