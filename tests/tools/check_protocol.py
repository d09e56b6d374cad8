#!/usr/bin/env python3
"""core/docs/protocol.md has a field table for every message of the .proto files, and the tables tell the truth.

usage: check_protocol.py [--root DIR] [--print]      --print: skeletons of the tables that are missing
A message has a heading "### `Name`" (nested: "### `Outer.Inner`"; a name that two files use: "### `file: Name`") and
under it the table "| # | field | type | meaning |", equal in numbers, names, types and limits ("max 32", "max 4 items
of 260": what the decoders enforce). Fields of a oneof are listed like the others. An enumeration has a heading
"### `Name` (enumeration)" and under it its values: "0 NONE, 1 SOME".
"""
import re

import tree

DOCUMENT = "core/docs/protocol.md"
FOLDERS = ("core/wire/proto/", "core/content/proto/")
HEAD = "| # | field | type | meaning |"
FIELD = re.compile(r"^(?P<type>(?:(?:repeated|optional)\s+)?(?:map\s*<[^>]+>|[\w.]+))\s+(?P<name>\w+)\s*=\s*"
                   r"(?P<number>\d+)\s*(?:\[[^\]]*\])?$", re.DOTALL)


LIMIT = re.compile(r"\bmax \d+(?: items)?(?: of \d+)?")
VALUE = re.compile(r"^(?P<name>\w+)\s*=\s*(?P<number>\d+)$")


class Message:
    """A message of a .proto file: where it is and its fields as (number, name, type, comment)."""

    def __init__(self, name, path, line):
        self.name, self.path, self.line, self.fields = name, path, line, []

    def key(self):
        return {number: (name, kind, limit_in(comment)) for number, name, kind, comment in self.fields}


class Enumeration:
    """An enumeration of a .proto file: where it is and its values, number -> name."""

    def __init__(self, name, path, line):
        self.name, self.path, self.line, self.values = name, path, line, {}


def limit_in(text):
    """The limit that a comment or a table's cell states, or nothing."""
    found = LIMIT.search(text)
    return found[0] if found else ""


def comment_of(lines, first, last):
    """The // comment above line `first` or beside line `last`, in one line."""
    beside = re.search(r"//+<?\s*(.*)$", lines[last - 1])
    if beside and not lines[last - 1].strip().startswith("//"):
        return beside[1].strip()
    above, index = [], first - 1
    while index >= 1 and lines[index - 1].strip().startswith("//"):
        above.insert(0, re.sub(r"^\s*//+\s*", "", lines[index - 1]).strip())
        index -= 1
    return " ".join(above)


def read_proto(path, text):
    """(every message, every enumeration) of a .proto file, nested ones too."""
    bare, lines, messages, enumerations = tree.without_comments(text), text.splitlines(), [], []

    def read_values(enumeration, start, end):
        for statement in bare[start:end].split(";"):
            value = VALUE.match(statement.strip())
            if value:
                enumeration.values[int(value["number"])] = value["name"]

    def read(start, end, owner):
        index = start
        while index < end:
            stop = re.compile(r"[;{}]").search(bare, index, end)
            if not stop:
                return
            statement, first = bare[index:stop.start()], index + len(bare[index:]) - len(bare[index:].lstrip())
            index = stop.end()
            if stop[0] == "{":
                closing = tree.matching(bare, stop.start())
                head = re.match(r"\s*(message|oneof|enum|extend|service)\s+(\w+)", statement)
                if head and head[1] == "message":
                    name = f"{owner.name}.{head[2]}" if owner else head[2]
                    message = Message(name, path, tree.line_of(bare, first))
                    messages.append(message)
                    read(index, closing, message)
                elif head and head[1] == "enum":
                    enumerations.append(Enumeration(head[2], path, tree.line_of(bare, first)))
                    read_values(enumerations[-1], index, closing)
                elif head and head[1] == "oneof":
                    read(index, closing, owner)
                index = closing + 1
                continue
            field = FIELD.match(statement.strip())
            if field and owner and not statement.strip().startswith(("option ", "reserved ", "syntax ")):
                comment = comment_of(lines, tree.line_of(bare, first), tree.line_of(bare, stop.start()))
                owner.fields.append((int(field["number"]), field["name"], " ".join(field["type"].split()), comment))

    read(0, len(bare), None)
    return messages, enumerations


def headings(messages):
    """heading -> message; a name used in two files is told apart by its file."""
    names = [m.name for m in messages]
    return {m.name if names.count(m.name) == 1 else f"{m.path.stem}: {m.name}": m for m in messages}


def read_tables(text):
    """({heading: (its line, {number: (name, type, limit, line)})}, [(line, heading) used twice]) of every table."""
    tables, twice, heading, line_of_heading, inside = {}, [], None, 0, False
    for number, line in enumerate(text.splitlines(), 1):
        found = re.match(r"#+\s+(.*)$", line)
        if found:
            name = re.match(r"`([^`]+)`", found[1])
            heading, line_of_heading, inside = name[1] if name else None, number, False
        elif line.replace(" ", "").lower() == HEAD.replace(" ", ""):
            inside = heading is not None
            if inside and heading in tables:
                twice.append((line_of_heading, heading))
            if inside:
                tables.setdefault(heading, (line_of_heading, {}))
        elif inside and line.startswith("|"):
            cells = [c.strip().strip("`") for c in re.split(r"(?<!\\)\|", line)[1:-1]]
            if len(cells) >= 3 and cells[0].isdigit():
                limit = limit_in(cells[3]) if cells[3:] else ""
                tables[heading][1][int(cells[0])] = (cells[1], cells[2], limit, number)
        else:
            inside = False
    return tables, twice


def read_enumerations(text):
    """{name: (its line, {number: name of the value})} of every heading that says "(enumeration)"."""
    found, name = {}, None
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("#"):
            heading = re.match(r"#+\s+`(\w+)` \(enumeration\)$", line)
            name = heading[1] if heading else None
            if name:
                found[name] = (number, {})
        elif name:
            found[name][1].update({int(n): value for n, value in re.findall(r"\b(\d+) ([A-Z][A-Z0-9_]*)\b", line)})
    return found


def compare_enumerations(enumerations, document, complaints):
    listed = read_enumerations(document)
    for enumeration in enumerations:
        if enumeration.name not in listed:
            complaints.add(enumeration.path, enumeration.line,
                           f"{DOCUMENT} has no heading \"### `{enumeration.name}` (enumeration)\"")
            continue
        line, values = listed[enumeration.name]
        for number in sorted(values.keys() | enumeration.values.keys()):
            if values.get(number) != enumeration.values.get(number):
                complaints.add(DOCUMENT, line, f"{enumeration.name}: {number} is {enumeration.values.get(number)} in "
                                               f"the .proto, {values.get(number)} here")
    for name in listed.keys() - {e.name for e in enumerations}:
        complaints.add(DOCUMENT, listed[name][0], f"no enumeration is named {name}")


def skeleton(heading, message):
    rows = "".join(f"| {n} | {name} | {kind} | {meaning.replace('|', chr(92) + '|')} |\n"
                   for n, name, kind, meaning in sorted(message.fields))
    return f"### `{heading}`\n\n{HEAD}\n|---|---|---|---|\n{rows}"


def main():
    options = tree.arguments(__doc__.splitlines()[0],
                             lambda p: p.add_argument("--print", action="store_true", help="print missing tables"))
    complaints = tree.Complaints()
    messages, enumerations = [], []
    for path in tree.files(options.root, ".proto"):
        if str(path).startswith(FOLDERS):
            found = read_proto(path, (options.root / path).read_text())
            messages += found[0]
            enumerations += found[1]
    document = options.root / DOCUMENT
    text = document.read_text() if document.is_file() else ""
    tables, twice = read_tables(text)
    for line, heading in twice:
        complaints.add(DOCUMENT, line, f"{heading} has two tables")
    expected = headings(messages)
    for heading, message in expected.items():
        if heading not in tables:
            if not message.fields:
                continue
            complaints.add(message.path, message.line, f"{DOCUMENT} has no field table \"### `{heading}`\"")
            if options.print:
                print(skeleton(heading, message))
            continue
        line, rows = tables[heading]
        fields = message.key()
        for number, (name, kind, limit) in fields.items():
            if number not in rows:
                complaints.add(DOCUMENT, line, f"{heading}: field {number} ({kind} {name}) is missing")
            elif rows[number][:2] != (name, kind):
                complaints.add(DOCUMENT, rows[number][3], f"{heading}: field {number} is `{kind} {name}` in the .proto")
            elif rows[number][2] != limit:
                complaints.add(DOCUMENT, rows[number][3],
                               f"{heading}: field {number} has the limit \"{limit}\" in the .proto")
        for number in rows.keys() - fields.keys():
            complaints.add(DOCUMENT, rows[number][3], f"{heading}: the .proto has no field {number}")
    if not options.print:
        compare_enumerations(enumerations, text, complaints)
    for heading in tables.keys() - expected.keys():
        complaints.add(DOCUMENT, tables[heading][0], f"no message is named {heading}")
    if options.print:
        return
    complaints.finish("protocol: the tables equal the .proto files")


if __name__ == "__main__":
    main()
