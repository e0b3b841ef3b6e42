"""The service table and the release table of role airflow, for tests and the lab."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
AIRFLOW = ROOT / "roles" / "airflow"


def load(path: Path) -> dict[str, Any]:
    """Read a YAML file of variables."""
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


@cache
def services() -> dict[str, dict[str, Any]]:
    """Service table: rows by service."""
    found: dict[str, dict[str, Any]] = load(AIRFLOW / "vars" / "main" / "services.yml")["__airflow_services"]
    return found


def groups() -> dict[str, str]:
    """Inventory group by service, for services that run permanently."""
    return {name: row["group"] for name, row in services().items() if "group" in row}


def service_groups() -> list[str]:
    """Inventory groups of the services without duplicates, in the order of the table."""
    return list(dict.fromkeys(groups().values()))


def commands() -> list[str]:
    """Services in whose containers Airflow commands can run, preferred ones first."""
    ranks = {name: row["commands"] for name, row in services().items() if "commands" in row}
    return sorted(ranks, key=lambda name: int(ranks[name]))


@cache
def releases() -> dict[str, dict[str, Any]]:
    """Release table: rows by series."""
    files = [AIRFLOW / "vars" / "main" / f"releases_{major}.yml" for major in (2, 3)]
    return {series: row for path in files for rows in load(path).values() for series, row in rows.items()}


def row(version: str) -> dict[str, Any]:
    """Row of a release's series."""
    return releases()[version.rpartition(".")[0]]


def tested() -> list[str]:
    """Tested release of each series, oldest first."""
    return [found["tested"] for found in releases().values()]


@cache
def defaults() -> dict[str, Any]:
    """Default values of role airflow by variable, from all files in roles/airflow/defaults/main."""
    return {
        name: value
        for path in sorted((AIRFLOW / "defaults/main").glob("*.yml"))
        for name, value in (load(path) or {}).items()
    }


@cache
def default_release() -> str:
    """Release that is deployed unless the inventory sets another."""
    return str(defaults()["airflow_version"])


def python_minors(version: str) -> range:
    """Minor versions of Python 3 that a release supports."""
    found = row(version)
    first, last = found.get("python_of", {}).get(version, found["python"]).split(" to ")
    return range(int(first.removeprefix("3.")), int(last.removeprefix("3.")) + 1)
