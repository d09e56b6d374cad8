#!/usr/bin/env python3
"""Public declarations of core, server and app headers carry a `///` comment.

usage: check_docs.py [--root DIR]
Asked for: classes, structs, enums and functions at namespace scope; public member functions and signals of classes.
One comment covers the declarations that follow it without an empty line; a class comment its first such group.
Not asked for: namespace detail, private parts, data members, defaulted and deleted functions, destructors, operators,
overrides, friends, forward declarations, aliases; constructors without parameters, of copies, or whose one line only
fills members; and one-line accessors
(`Type name() const { return m_name; }`), whose name is their documentation.
"""
import re

import tree

SECTION = re.compile(r"\s*(public|protected|private|Q_SIGNALS|signals)?\s*(Q_SLOTS|slots)?\s*:(?!:)")
MACRO = re.compile(r"\s*(Q_OBJECT|Q_GADGET|Q_DISABLE_COPY\w*\([^)]*\)|Q_DECLARE_\w+\([^)]*\)|Q_ENUM\w*\([^)]*\)|"
                   r"Q_PROPERTY\([^)]*\)|Q_LOGGING_CATEGORY\([^)]*\)|Q_DECL\w+\([^)]*\))(?![\w(])")
EXEMPT = re.compile(r"=\s*(default|delete)\s*$|~|\boperator\b|\boverride\b|^\s*friend\b|^\s*using\b|^\s*typedef\b|"
                    r"^\s*static_assert\b|^\s*extern\s+template\b|^\s*template\s*<[^>]*>\s*(class|struct)\b[^{]*$")


class Header:
    """One header: its text without comments, and which lines are comments or empty."""

    def __init__(self, path, text):
        self.path = path
        self.text = tree.without_preprocessor(tree.without_comments(text))
        self.original = text.splitlines()

    def line(self, index):
        return tree.line_of(self.text, index)

    def is_documented(self, first, last, covered_from):
        """A `///` above, a `///<` beside, or next to a documented declaration that ended on line `covered_from`."""
        above = first - 1
        while above >= 1 and self.original[above - 1].strip() and not self.text.splitlines()[above - 1].strip():
            if self.original[above - 1].strip().startswith("///"):
                return True
            above -= 1
        if any("///<" in line for line in self.original[first - 1:last]):
            return True
        return covered_from is not None and all(line.strip() for line in self.original[covered_from:first - 1])


def is_function(declaration):
    """Whether a declaration declares a function (and no variable, type or macro)."""
    bare = re.sub(r"\[\[[^\]]*\]\]", " ", declaration)
    while re.search(r"<[^<>()]*>", bare):
        bare = re.sub(r"<[^<>()]*>", " ", bare)
    before = re.split(r"\(", bare, maxsplit=1)
    return len(before) == 2 and not re.match(r"\s*\*", before[1]) and "=" not in before[0] \
        and re.search(r"\w\s*$", before[0]) \
        and not re.search(r"\b(?:decltype|alignas|noexcept|requires)\s*$", before[0])


def is_plain_constructor(declaration, owner, body):
    head = re.match(rf"\s*(?:template\s*<[^()]*>\s*)?(?:constexpr\s+|explicit\s+)*{re.escape(owner or '')}\s*\(",
                    declaration)
    if not head:
        return False
    parameters = declaration[head.end():tree.matching(declaration, head.end() - 1)].strip()
    only_fills = body is not None and not body.strip() and "\n" not in declaration.strip()
    return not parameters or only_fills or re.fullmatch(rf"(const\s+)?{re.escape(owner)}\s*&&?\s*\w*", parameters)


def is_accessor(declaration, body):
    return body is not None and "\n" not in body \
        and re.search(r"\w\s*\(\s*\)\s*(const)?\s*(noexcept)?\s*&*\s*$", declaration) \
        and re.fullmatch(r"\s*return\b[^;]*;\s*", body)


def scan(header, complaints, start, end, owner=None, is_public=True, covered=None):
    """Reads the declarations between two positions of one namespace (owner None) or class."""
    text = header.text
    index = start
    while index < end:
        if text[index].isspace() or text[index] == ";":
            index += 1
            continue
        section = SECTION.match(text, index) if owner else None
        if section and section.group(0).strip() != ":" and (section[1] or section[2]):
            is_public = section[1] in ("public", "Q_SIGNALS", "signals") and not (section[2] and section[1] != "public")
            index = section.end()
            covered = header.line(index) if covered and all(
                part.strip() for part in header.original[covered:header.line(index) - 1]) else None
            continue
        macro = MACRO.match(text, index)
        if macro:
            index = macro.end()
            continue
        begin = index
        while index < end and text[index] not in ";{":
            index = tree.matching(text, index) + 1 if text[index] in "([" else index + 1
        # `X() : m_a{1} { }` and `int a{1};`: braces that only give a value belong to the declaration.
        while index < end and text[index] == "{" and gives_a_value(text[begin:index]):
            index = tree.matching(text, index) + 1
            while index < end and text[index] not in ";{":
                index = tree.matching(text, index) + 1 if text[index] in "([" else index + 1
        declaration = text[begin:index]
        body = (index + 1, tree.matching(text, index)) if index < end and text[index] == "{" else None
        content = text[body[0]:body[1]] if body else None
        index = body[1] + 1 if body else index + 1
        first = header.line(begin)
        last = header.line(min(body[0] if body else index - 1, len(text) - 1))

        namespace = re.match(r"\s*(?:inline\s+)?namespace\b\s*([\w:]*)", declaration)
        extern_c = re.match(r'\s*extern\s*"', declaration)
        if (namespace or extern_c) and body:
            if extern_c or namespace[1] and not re.search(r"\bdetail\b", namespace[1]):
                scan(header, complaints, *body)
            covered = None
            continue
        kind = re.match(r"\s*(?:template\s*<.*?>\s*(?:requires\b.*?)?)?(class|struct|union|enum(?:\s+class)?)\b"
                        r"(?:\s*\[\[[^\]]*\]\])?\s*(?:alignas\([^)]*\)\s*)?([\w:]+)?[^()]*$", declaration, re.DOTALL)
        if kind and body:
            named = kind[2] or ""
            specialisation = "std::" in named or "<" in declaration[kind.end(2) if named else 0:].split(":")[0]
            documented = header.is_documented(first, last, covered)
            if is_public and not owner and not specialisation and not documented:
                complaints.add(header.path, first, f"{kind[1]} {kind[2]} needs a /// comment")
            if not kind[1].startswith("enum") and is_public and not specialisation:
                scan(header, complaints, *body, owner=kind[2].split("::")[-1] if kind[2] else "",
                     is_public=kind[1] != "class", covered=header.line(body[0]) if documented else None)
            covered = header.line(index - 1) if owner and documented else None
            continue
        if not is_public or not is_function(declaration):
            covered = header.line(index - 1) if covered and not body else None
            if header.is_documented(first, last, None):
                covered = header.line(min(index - 1, len(text) - 1))
            continue
        closing_line = header.line(min(index - 1, len(text) - 1))
        if header.is_documented(first, last, covered):
            covered = closing_line
        elif EXEMPT.search(declaration) or is_plain_constructor(declaration, owner, content) \
                or is_accessor(declaration, content):
            covered = covered if covered is None else closing_line
        else:
            name = re.search(r"([\w:]+)\s*\(", declaration)
            complaints.add(header.path, first, f"{name[1] if name else declaration.strip()} needs a /// comment")
            covered = None


def gives_a_value(declaration):
    """Whether a `{` after this text is a brace initialiser and no body."""
    stripped = declaration.rstrip()
    if re.search(r"=\s*$", stripped):
        return True
    initialisers = re.search(r"\)\s*(?:noexcept\s*)?:(?!:)", declaration)
    if initialisers and re.search(r"[\w>]$", stripped):
        return True
    return bool(re.search(r"\w$", stripped)) and "(" not in declaration \
        and not re.search(r"\b(class|struct|union|enum|namespace|extern)\b", declaration)


def main():
    options = tree.arguments(__doc__.splitlines()[0])
    complaints = tree.Complaints()
    for path in tree.files(options.root, ".h"):
        if path.parts[0] in ("core", "server", "app"):
            header = Header(path, (options.root / path).read_text())
            scan(header, complaints, 0, len(header.text))
    complaints.finish("docs: every public declaration has its comment")


if __name__ == "__main__":
    main()
