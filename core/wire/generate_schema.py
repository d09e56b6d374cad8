#!/usr/bin/env python3
"""Writes the table of fields that core/wire/proto_scan.h checks raw bytes against, from a .proto file.

usage: generate_schema.py NAMESPACE PROTO OUTPUT [--import NAMESPACE:PROTO]...

Understands the part of proto3 this project uses: messages, enums, oneofs, scalar, string, bytes and message fields.
Limits stand in the field's comment: "max N" bytes, "max N items", "max N items of M".
"""
import re
import sys

VARINT = {"bool", "int32", "int64", "uint32", "sint32", "sint64"}
NATURAL = {"uint64"}
FIXED64 = {"fixed64", "sfixed64", "double"}
FIXED32 = {"fixed32", "sfixed32", "float"}
FIELD = re.compile(r"^\s*(repeated\s+)?([A-Za-z_][\w.]*)\s+(\w+)\s*=\s*(\d+)\s*;\s*(?://\s*(.*))?$")
LIMIT = re.compile(r"\bmax (\d+)( items(?: of (\d+))?)?")


def parse(path):
    """Returns ({message: [(number, type, repeated, oneof, max_bytes, max_items)]}, {enum names})."""
    messages, enums = {}, set()
    message = oneof = enum = None
    oneof_count = 0
    for line in open(path, encoding="utf-8"):
        code = line.split("//")[0].strip()
        if match := re.match(r"message (\w+) \{(\})?$", code):
            if match.group(2):
                messages[match.group(1)] = []
                continue
            message, oneof_count = match.group(1), 0
            messages[message] = []
        elif match := re.match(r"enum (\w+) \{$", code):
            enum = match.group(1)
            enums.add(enum)
        elif re.match(r"oneof \w+ \{$", code):
            oneof_count += 1
            oneof = oneof_count
        elif code == "}":
            if oneof is not None:
                oneof = None
            elif enum is not None:
                enum = None
            else:
                message = None
        elif message is not None and enum is None and (match := FIELD.match(line)):
            repeated, kind, _name, number, comment = match.groups()
            max_bytes = max_items = 0
            if comment and (limit := LIMIT.search(comment)):
                if limit.group(2):
                    max_items, max_bytes = int(limit.group(1)), int(limit.group(3) or 0)
                else:
                    max_bytes = int(limit.group(1))
            if repeated and max_items == 0:
                sys.exit(f"{path}: {message}: field {number} is repeated and has no limit")
            if kind in ("string", "bytes") and max_bytes == 0:
                sys.exit(f"{path}: {message}: field {number} has no limit")
            messages[message].append((int(number), kind, bool(repeated), oneof or 0, max_bytes, max_items))
    return messages, enums


def main():
    namespace, proto, output = sys.argv[1:4]
    imported = {}
    for argument in sys.argv[4:]:
        if argument.startswith("--import="):
            other_namespace, other_proto = argument[len("--import="):].split(":")
            for name in parse(other_proto)[0]:
                imported[name] = other_namespace
    messages, enums = parse(proto)
    lines = ["// Written by core/wire/generate_schema.py; do not edit.", "#pragma once",
             '#include "core/wire/proto_scan.h"', ""]
    lines.append(f"namespace {namespace} {{")
    lines += [f"extern const ::sotto::wire::MessageRule k{name};" for name in messages]
    for name, fields in messages.items():
        if not fields:
            lines.append(f"inline constexpr ::sotto::wire::MessageRule k{name}{{{{}}}};")
            continue
        lines.append(f"inline constexpr ::sotto::wire::FieldRule k{name}Fields[] = {{")
        for number, kind, repeated, oneof, max_bytes, max_items in sorted(fields):
            inner = "nullptr"
            if kind in VARINT or kind in enums:
                wire = "Varint"
            elif kind in NATURAL:
                wire = "Natural"
            elif kind in FIXED64:
                wire = "Fixed64"
            elif kind in FIXED32:
                wire = "Fixed32"
            elif kind in ("string", "bytes"):
                wire = "Bytes"
            else:
                wire = "Message"
                short = kind.split(".")[-1]
                if short in messages:
                    inner = f"&k{short}"
                elif short in imported:
                    inner = f"&::{imported[short]}::k{short}"
                else:
                    sys.exit(f"{proto}: {name}: unknown type {kind}")
            lines.append(f"    {{{number}, ::sotto::wire::FieldKind::{wire}, {str(repeated).lower()}, {oneof},"
                         f" {max_bytes}, {max_items}, {inner}}},")
        lines.append("};")
        lines.append(f"inline constexpr ::sotto::wire::MessageRule k{name}{{k{name}Fields}};")
    lines.append(f"}} // namespace {namespace}")
    with open(output, "w", encoding="utf-8") as out:
        out.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
