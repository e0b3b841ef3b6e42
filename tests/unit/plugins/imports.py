"""Imports of a plugin from the collection."""

from __future__ import annotations

import ast
from pathlib import Path

PLUGINS = Path(__file__).resolve().parents[3] / "plugins"


def used(path: Path) -> set[Path]:
    """Return a file and all files of module_utils that it imports, directly or indirectly."""
    found, waiting = set(), [path]
    while waiting:
        file = waiting.pop()
        found.add(file)
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(node, ast.ImportFrom):
                continue
            below, inside = (node.module or "").split("."), "module_utils" in (node.module or "").split(".")
            if inside or node.level:
                root = PLUGINS / "module_utils" if inside else file.parents[node.level - 1]
                below = below[below.index("module_utils") + 1 :] if inside else below
                names = [[*below], *([*below, alias.name] for alias in node.names)]
                candidates = [root.joinpath(*parts).with_suffix(".py") for parts in names if any(parts)]
                waiting += [path for path in candidates if path.exists() and path not in found]
    return found
