"""`make docs`: write generated tables into pages, between two markers.

The variables of each role go from its argument specs into its README, the release table into docs/releases.md, what
changes in a series into docs/upgrade.md, and the ids of findings into docs/findings.md.
"""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from pathlib import Path
from typing import Any

import yaml

from tests.rows import use_collections
from tests.tables import AIRFLOW, load, releases

ROOT = Path(__file__).resolve().parents[1]
BEGIN = "<!-- variables: written by `make docs` from meta/argument_specs.yml -->"
END = "<!-- end of variables -->"
RELEASES_PAGE = ROOT / "docs" / "releases.md"
RELEASES_MARKERS = (
    "<!-- releases: written by `make docs` from the release table in roles/airflow/vars/main -->",
    "<!-- end of releases -->",
)
UPGRADE_PAGE = ROOT / "docs" / "upgrade.md"
CHANGES_MARKERS = (
    "<!-- changes: written by `make docs` from roles/airflow/vars/main/changes.yml -->",
    "<!-- end of changes -->",
)
FINDINGS_PAGE = ROOT / "docs" / "findings.md"
FINDINGS_MARKERS = (
    "<!-- findings: written by `make docs` from plugins/module_utils/findings -->",
    "<!-- end of findings -->",
)


def variable_tables(specs: dict[str, Any]) -> str:
    """Render the tables of all entry points of a role.

    Args:
        specs: The content of `argument_specs`.

    Returns:
        Markdown: the options of `main` (or of `preflight` in a role without `main`) first and without a heading, then
        the options of the other entry points, each with a heading.
    """
    parts = []
    first = "main" if "main" in specs else "preflight"
    for entry in sorted(specs, key=lambda name: (name != first, name)):
        options = specs[entry].get("options") or {}
        if not options:
            continue
        heading = "" if entry == first else f"### Entry point `{entry}`\n\n"
        rows = "\n".join(_rows(options))
        parts.append(f"{heading}| Variable | Type | Default | Meaning |\n|---|---|---|---|\n{rows}")
    return "\n\n".join(parts) or "This role has no variables."


def _rows(options: dict[str, Any], path: str = "") -> list[str]:
    """One row per option, each followed by the rows of its nested options."""
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
    """Default in YAML syntax; `required` for required options, empty for options without a default."""
    if option.get("required"):
        return "required"
    if "default" not in option:
        return ""
    value = option["default"]
    text = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
    return f"`{' '.join(text.split())}`"


def releases_table(releases: dict[str, Any]) -> str:
    """Render the table of releases.

    Args:
        releases: The content of `__airflow_releases`.

    Returns:
        Markdown with one row per series.
    """
    rows = [
        f"| {series} | {', '.join(row['versions'])} | {row['tested']} | {row['end_of_life']} | {_pythons(row)} "
        f"| {', '.join(row['postgres'])} | {', '.join(row['services'])} |"
        for series, row in releases.items()
    ]
    head = "| Series | Accepted | Tested | End of life | Python | Postgres | Airflow's services |"
    return "\n".join([head, "|---|---|---|---|---|---|---|", *rows])


def changes_list(changes: dict[str, list[str]]) -> str:
    """Render what changes for people in each series.

    Args:
        changes: The content of `__airflow_changes`.

    Returns:
        Markdown with one entry per sentence, wrapped like the other docs.
    """
    texts = [f"- **{series}**: {text}" for series, found in changes.items() for text in found]
    return "\n".join(textwrap.fill(text, 120, subsequent_indent="  ", break_on_hyphens=False) for text in texts)


def findings_tables() -> str:
    """Render the ids of preflight's findings, with a table for each subject."""
    use_collections()
    from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.kinds import (  # noqa: PLC0415
        ACCEPTABLE,
        GROUPS,
        WARNINGS,
    )

    words = {**dict.fromkeys(ACCEPTABLE, "yes, or a warning if accepted"), **dict.fromkeys(WARNINGS, "no, a warning")}
    parts = []
    for heading, kinds in GROUPS.items():
        rows = [f"| `{each}` | {sentence} | {words.get(each, 'yes')} |" for each, sentence in sorted(kinds.items())]
        parts.append("\n".join([f"## {heading}", "", "| id | meaning | stops the run |", "|---|---|---|", *rows]))
    return "\n\n".join(parts)


def _pythons(row: dict[str, Any]) -> str:
    """Python releases of a series, and of its releases that differ from it."""
    others = [f"{version}: {python}" for version, python in row.get("python_of", {}).items()]
    return "; ".join([row["python"], *others])


def updated(page: str, text: str, markers: tuple[str, str] = (BEGIN, END)) -> str:
    """Return the page with the text between its markers; in a README without markers they are appended."""
    begin, end = markers
    block = f"{begin}\n\n{text}\n\n{end}"
    if begin not in page:
        return f"{page.rstrip()}\n\n## Variables\n\n{block}\n"
    before, rest = page.split(begin, 1)
    if end not in rest:
        msg = f"the page has the marker {begin!r} without the marker {end!r}; add it where the generated text ends"
        raise ValueError(msg)
    return before + block + rest.split(end, 1)[1]


def write_all(*, check: bool) -> list[str]:
    """Update every page, or with `check` only compare.

    Returns:
        Pages that were out of date, and errors of pages that cannot be updated.
    """
    stale = []
    pages = {}
    for specs in sorted(ROOT.glob("roles/*/meta/argument_specs.yml")):
        readme = specs.parents[1] / "README.md"
        name = str(readme.relative_to(ROOT))
        if not readme.exists():
            stale.append(f"{name} does not exist")
            continue
        tables = variable_tables(yaml.safe_load(specs.read_text(encoding="utf-8"))["argument_specs"])
        pages[readme] = updated(readme.read_text(encoding="utf-8"), tables)
    table = releases_table(releases())
    pages[RELEASES_PAGE] = updated(RELEASES_PAGE.read_text(encoding="utf-8"), table, RELEASES_MARKERS)
    changes = changes_list(load(AIRFLOW / "vars" / "main" / "changes.yml")["__airflow_changes"])
    pages[UPGRADE_PAGE] = updated(UPGRADE_PAGE.read_text(encoding="utf-8"), changes, CHANGES_MARKERS)
    pages[FINDINGS_PAGE] = updated(FINDINGS_PAGE.read_text(encoding="utf-8"), findings_tables(), FINDINGS_MARKERS)
    for page, new in pages.items():
        if new != page.read_text(encoding="utf-8"):
            stale.append(str(page.relative_to(ROOT)))
            if not check:
                page.write_text(new, encoding="utf-8")
    return stale


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail if a page is out of date")
    check = parser.parse_args().check
    stale = write_all(check=check)
    for name in stale:
        print(f"out of date: {name} (run 'make docs')" if check else f"written: {name}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
