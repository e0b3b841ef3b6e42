"""`make docs`: writes each role's table of variables into its README, from its argument specs, between two markers."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
BEGIN = "<!-- variables: written by `make docs` from meta/argument_specs.yml -->"
END = "<!-- end of variables -->"


def variable_tables(specs: dict[str, Any]) -> str:
    """Render the tables of all entry points of a role.

    Args:
        specs: The content of `argument_specs`.

    Returns:
        Markdown: the options of `main` first, those of other entry points under a heading of their own.
    """
    parts = []
    for entry in sorted(specs, key=lambda name: (name != "main", name)):
        options = specs[entry].get("options") or {}
        if not options:
            continue
        heading = "" if entry == "main" else f"### Entry point `{entry}`\n\n"
        rows = "\n".join(_rows(options))
        parts.append(f"{heading}| Variable | Type | Default | Meaning |\n|---|---|---|---|\n{rows}")
    return "\n\n".join(parts) or "This role has no variables."


def _rows(options: dict[str, Any], path: str = "") -> list[str]:
    """One row an option, and below it those of what is nested in it."""
    rows = []
    for name, option in options.items():
        kind = option.get("type", "str")
        if kind == "list":
            kind = f"list of {option.get('elements', 'str')}"
        meaning = option["description"]
        meaning = " ".join((" ".join(meaning) if isinstance(meaning, list) else meaning).split())
        if option.get("choices"):
            meaning += " One of " + ", ".join(f"`{choice}`" for choice in option["choices"]) + "."
        cells = [f"`{path}{name}`", kind, _default(option), meaning]
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        nested = f"{path}{name}[]." if option.get("type") == "list" else f"{path}{name}."
        rows += _rows(option.get("options") or {}, nested)
    return rows


def _default(option: dict[str, Any]) -> str:
    """The default as a person would write it in YAML; data without one is either required or left out."""
    if option.get("required"):
        return "required"
    if "default" not in option:
        return ""
    value = option["default"]
    text = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
    return f"`{' '.join(text.split())}`"


def updated(readme: str, tables: str) -> str:
    """Return the README with the tables between its markers; a README without markers gets them at its end."""
    block = f"{BEGIN}\n\n{tables}\n\n{END}"
    if BEGIN not in readme:
        return f"{readme.rstrip()}\n\n## Variables\n\n{block}\n"
    before, rest = readme.split(BEGIN, 1)
    if END not in rest:
        msg = f"the marker {BEGIN!r} stands there without the marker {END!r}; write it where the tables end"
        raise ValueError(msg)
    return before + block + rest.split(END, 1)[1]


def write_all(*, check: bool) -> list[str]:
    """Update every role's README, or with `check` only look.

    Returns:
        The READMEs that were not current, and what is wrong with those that cannot be updated.
    """
    stale = []
    for specs in sorted(ROOT.glob("roles/*/meta/argument_specs.yml")):
        readme = specs.parents[1] / "README.md"
        name = str(readme.relative_to(ROOT))
        if not readme.exists():
            stale.append(f"{name} does not exist")
            continue
        old = readme.read_text(encoding="utf-8")
        new = updated(old, variable_tables(yaml.safe_load(specs.read_text(encoding="utf-8"))["argument_specs"]))
        if new != old:
            stale.append(name)
            if not check:
                readme.write_text(new, encoding="utf-8")
    return stale


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail when a README is not current")
    check = parser.parse_args().check
    stale = write_all(check=check)
    for name in stale:
        print(f"not current: {name} (run 'make docs')" if check else f"written: {name}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
