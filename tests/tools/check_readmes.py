#!/usr/bin/env python3
"""Every folder with sources, and each of the top level, has a README.md that says what it owns and what it may use.

usage: check_readmes.py [--root DIR]
"""
import tree

SOURCE_ENDINGS = (".cpp", ".h", ".py", ".sh", ".cmake", ".proto", ".qml")
ROOTS = ("core", "server", "app", "ui", "tests", "packaging")
# The README of these speaks for the folders inside them, which mirror another folder or hold only data.
SPEAKS_FOR_CHILDREN = ("tests/unit", "tests/fuzz", "core/wire", "core/content", "core/docs")
FEWEST_WORDS = 12


def main():
    options = tree.arguments(__doc__.splitlines()[0])
    complaints = tree.Complaints()
    folders = {}
    for path in tree.files(options.root, *SOURCE_ENDINGS):
        if path.parts[0] in ROOTS and len(path.parts) > 1:
            folders.setdefault(str(path.parent), path)
            folders.setdefault(path.parts[0], path)
    for folder, first in folders.items():
        home = next((p for p in SPEAKS_FOR_CHILDREN if folder.startswith(p + "/")), folder)
        readme = options.root / home / "README.md"
        if not readme.is_file():
            complaints.add(first, 1, f"{home} has no README.md")
        elif len(readme.read_text().split()) < FEWEST_WORDS:
            complaints.add(f"{home}/README.md", 1, "says too little: what does the folder own, what may it use?")
    complaints.finish("readmes: every folder has one")


if __name__ == "__main__":
    main()
