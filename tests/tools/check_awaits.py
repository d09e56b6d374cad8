#!/usr/bin/env python3
"""Coroutines are written so that g++ 12 compiles them rightly and nothing they use dies under them.

usage: check_awaits.py [--root DIR]
- co_await is a statement of its own: `co_await f(x);`, `const auto y = co_await f(x);`, `y = co_await f(x);`
  or the initialiser of an if: `if (const auto y = co_await f(x); !y)`; never part of a condition or larger expression.
- Its expression holds no capturing lambda, no braced temporary and no ?: (g++ 12 destroys them twice).
- A function that returns Task<…> takes values and pointers, no references.
- A lambda with captures is no coroutine: its captures die with the lambda, not with the coroutine.
"""
import re

import tree

# These two define what the others use.
EXEMPT = ("core/base/task.h", "core/base/call_on.h")

ATTRIBUTE = r"(?:\[\[[\w:]+\]\]\s*)?"
DECLARATION = re.compile(ATTRIBUTE + r"(?:(?:const|static|auto|struct|typename)\s+)*[\w:]+(?:<.*>)?(?:\s+const)?"
                         r"[\s*&]+\w+\s*=", re.DOTALL)
ASSIGNMENT = re.compile(r"[\w.]+(?:->\w+)*\s*=")
LABELS = re.compile(r"^(?:\s*(?:case\s[^:?]*(?:::[^:?]*)*:(?!:)|default\s*:|else\b|do\b))+")
CONTROL = re.compile(r"^\s*(?:if\s*(?:constexpr\s*)?|for\s*|while\s*|switch\s*)\(")


def statement_start(text, at):
    """Walks back from `at`: (start of the statement or bracket content, the opening bracket or stop character)."""
    depth = 0
    index = at - 1
    while index >= 0:
        char = text[index]
        if char in ")]":
            depth += 1
        elif char in "([":
            if depth == 0:
                return index + 1, char
            depth -= 1
        elif char in ";{}" and depth == 0:
            return index + 1, char
        index -= 1
    return 0, ";"


def expression_end(text, at):
    """From `at` to the end of its statement: (end, the character there), brackets skipped."""
    index = at
    while index < len(text):
        char = text[index]
        if char in "([{":
            index = tree.matching(text, index)
        elif char in ";)]}":
            return index, char
        index += 1
    return len(text), ""


def without_leading_control(left):
    """Drops `case X:`, `else`, and the finished heads `if (…)`, `for (…)` before a statement without braces."""
    while True:
        shorter = LABELS.sub("", left)
        head = CONTROL.match(shorter)
        if head:
            closing = tree.matching(shorter, head.end() - 1)
            if closing == len(shorter):
                return shorter
            shorter = shorter[closing + 1:]
        if shorter == left:
            return left
        left = shorter


def lambdas(text):
    """Every lambda: (start, captures, body start, body end)."""
    for found in re.finditer(r"\[", text):
        before = text[:found.start()].rstrip()
        if before.endswith("[") or text[found.start():found.start() + 2] == "[[":
            continue
        word = re.search(r"(\w+)$", before)
        is_index = word and word[1] not in ("return", "co_return", "co_await", "co_yield", "else")
        if is_index or before.endswith((")", "]")):
            continue
        closing = tree.matching(text, found.start())
        after = text[closing + 1:]
        head = re.match(r"\s*(?:<[^{;]*?>\s*)?(\()?", after)
        position = closing + 1 + head.end()
        if head[1]:
            position = tree.matching(text, position - 1) + 1
        rest = re.match(r"(?:\s|mutable|noexcept|constexpr|->[^{;]*?)*\{", text[position:])
        if not rest:
            continue
        body = position + rest.end() - 1
        yield found.start(), text[found.start() + 1:closing].strip(), body, tree.matching(text, body)


def check_await(complaints, path, text, at):
    line = tree.line_of(text, at)
    start, stop = statement_start(text, at)
    left = text[start:at]
    end, ending = expression_end(text, at + len("co_await"))
    expression = text[at + len("co_await"):end]
    if stop == "(":
        keyword = re.search(r"\b(\w+)\s*(?:constexpr\s*)?$", text[:start - 1])
        keyword = keyword[1] if keyword else ""
        if keyword != "if" or ending != ";" or not DECLARATION.fullmatch(left.strip()):
            is_head = keyword in ("if", "while", "for", "switch")
            where = f"the condition of {keyword}" if is_head else "a larger expression"
            complaints.add(path, line, f"co_await inside {where}: make it a statement of its own")
            return
    else:
        # `for (a; b; co_await c)`: the statement before ended inside an open bracket.
        left = without_leading_control(left).strip()
        whole = not left or DECLARATION.fullmatch(left) or ASSIGNMENT.fullmatch(left)
        if stop == "[" or ending != ";" or not whole:
            complaints.add(path, line, "co_await inside a larger expression: make it a statement of its own")
            return
        if stop == ";" and inside_for(text, start):
            complaints.add(path, line, "co_await inside the condition of for: make it a statement of its own")
            return
    inner = expression
    for lambda_start, captures, body, body_end in sorted(lambdas(expression), reverse=True):
        if captures:
            complaints.add(path, line, "capturing lambda inside an await expression: name it first")
        inner = inner[:lambda_start] + inner[body_end + 1:]
    if "{" in inner:
        complaints.add(path, line, "braced temporary inside an await expression: name it first")
    if "?" in inner:
        complaints.add(path, line, "?: inside an await expression: name its value first")


def inside_for(text, at):
    """Whether position `at` lies between the brackets of a for head."""
    depth = 0
    for index in range(at - 1, -1, -1):
        char = text[index]
        if char == ")":
            depth += 1
        elif char == "(":
            if depth == 0:
                return re.search(r"\b(for|while|if|switch)\s*$", text[:index]) is not None
            depth -= 1
        elif char in "{}":
            return False
    return False


def check_parameters(complaints, path, text):
    for found in re.finditer(r"(?<![\w:])(?:sotto::|relay::)?Task<", text):
        depth, index = 0, found.end() - 1
        while index < len(text):
            depth += {"<": 1, ">": -1}.get(text[index], 0)
            if depth == 0:
                break
            index += 1
        function = re.match(r"\s+((?:\w+(?:<[^<>;()]*>)?::)*[A-Za-z_]\w*)\s*\(", text[index + 1:])
        before = text[:found.start()].rstrip()
        if function:
            opening = index + 1 + function.end() - 1
            parameters, name = text[opening + 1:tree.matching(text, opening)], function[1]
        elif before.endswith("->") and before[:-2].rstrip().endswith((")", "mutable", "const", "noexcept")):
            closing = before.rfind(")")
            opening, depth = closing, 0
            while opening >= 0:
                depth += {")": 1, "(": -1}.get(text[opening], 0)
                if depth == 0:
                    break
                opening -= 1
            parameters, name = text[opening + 1:closing], "a lambda"
        else:
            continue
        # A reference inside the brackets of std::function<void(const X &)> belongs to another call.
        bare = parameters
        while re.search(r"<[^<>]*>", bare):
            bare = re.sub(r"<[^<>]*>", "", bare)
        if "&" in bare:
            complaints.add(path, tree.line_of(text, found.start()),
                           f"{name} returns a Task and takes a reference: take values and pointers")


def main():
    options = tree.arguments(__doc__.splitlines()[0])
    complaints = tree.Complaints()
    for path in tree.files(options.root, *tree.CXX_ENDINGS):
        if str(path) in EXEMPT:
            continue
        text = tree.without_preprocessor(tree.without_comments((options.root / path).read_text()))
        if "Task<" not in text and "co_" not in text:
            continue
        for found in re.finditer(r"\bco_await\b", text):
            if not re.search(r"\boperator\s*$", text[:found.start()]):
                check_await(complaints, path, text, found.start())
        check_parameters(complaints, path, text)
        every = list(lambdas(text))
        for start, captures, body, end in every:
            if not captures:
                continue
            own = list(text[body:end])
            for inner_start, _, inner_body, inner_end in every:
                if body < inner_start < end:
                    own[inner_body - body:inner_end - body] = " " * (inner_end - inner_body)
            if re.search(r"\bco_(await|return|yield)\b", "".join(own)):
                complaints.add(path, tree.line_of(text, start), "a lambda with captures may not be a coroutine")
    complaints.finish("awaits: every co_await is a statement of its own")


if __name__ == "__main__":
    main()
