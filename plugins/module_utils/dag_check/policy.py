"""Checks the report on DAGs against the rules."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.dag_check.report import Facts, Place
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.dag_check.rules import OPTIONAL, RULES

# Facts about the host by name, and the reason to report if one is None. A context may also have `unknown`: a more
# precise reason by name.
FACTS = {
    "project": "the name of the compose project is not known",
    "services": "the services of the compose project are not known",
    "networks": "this requires the Docker engine of a host",
    "projects_directory": "the directory of the projects is not known",
    "airflow_directory": "the directory of the stack is not known",
    "sources": "this requires the files of a host",
    "images": "this requires the Docker engine of a host",
    "connections": "this requires the database of a host's Airflow",
    "pools": "this requires the database of a host's Airflow",
    "roles": "this requires the database of a host's Airflow",
    "queues": "this requires the inventory of the hosts",
    "slow_seconds": "no time limit is set",
}


@dataclass(frozen=True)
class Finding:
    """What is wrong, and what to write instead."""

    rule: str
    place: Place
    text: str
    warning: bool = False

    def __str__(self) -> str:
        """Return it as one line."""
        words = [str(self.place), self.place.dag_id, self.place.task_id, f"[{self.rule}]", self.text]
        return " ".join(word for word in words if word)

    def fields(self) -> dict[str, Any]:
        """Return it as data."""
        return {"rule": self.rule, **vars(self.place), "text": self.text}


def problems(skip: Iterable[str]) -> list[str]:
    """Return what is wrong with a list of rules to disable, each ``RULE`` or ``RULE:DAG`` or ``RULE:FILE``."""
    found = []
    optional = ", ".join(OPTIONAL)
    fixed = {rule.id for rule in RULES if rule.fixed}
    for entry in skip:
        name, colon, place = entry.partition(":")
        if name in fixed:
            found.append(f"skip: {name} cannot be disabled; these can: {optional}.")
        elif name not in {rule.id for rule in RULES}:
            found.append(f"skip: there is no rule {name!r}; the rules that can be disabled are {optional}.")
        elif colon and not place:
            found.append(f"skip: {entry!r} names no DAG and no file; write {name} to disable the rule for all.")
    return found


def skipped(finding: Finding, skip: Iterable[str]) -> bool:
    """Return whether a finding is of a rule that is disabled for its DAG or file.

    Args:
        finding: The finding.
        skip: Entries such as ``mount-missing:news`` or ``mount-missing:legacy/*.py``.
    """
    places = [place for name, _, place in (entry.partition(":") for entry in skip) if name == finding.rule]
    return any(
        fnmatch.fnmatchcase(name, place)
        for place in places
        for name in (finding.place.file, finding.place.dag_id or "")
    )


def check(report: Facts, context: Facts, skip: Sequence[str] = ()) -> tuple[list[Finding], dict[str, str]]:
    """Return the violations, in order of the files, and why some rules could not be checked, by rule id.

    Args:
        report: Report of the action dags_check.
        context: Facts by the names in FACTS, and optionally ``unknown``.
        skip: Ids of the disabled rules, and those disabled for one DAG or for files, see `skipped`.
    """
    found: dict[Finding, None] = {}
    not_checked = {}
    for rule in RULES:
        unknown = [name for name in rule.needs if context.get(name) is None]
        if rule.id in skip:
            continue
        if unknown:
            not_checked[rule.id] = context.get("unknown", {}).get(unknown[0], FACTS[unknown[0]])
            continue
        for place, words in rule.find(report, context):
            finding = Finding(rule.id, place, rule.sentence.format(**words), rule.warning)
            if not skipped(finding, skip):
                found[finding] = None
    return sorted(found, key=lambda each: (each.place.file, each.place.line or 0)), not_checked


# Messages of the releases about a missing variable or connection.
MISSING = re.compile(
    r"Variable (.+?) (?:does not exist|not found)|conn_id `([^`]+)` isn't defined|Connection (.+?) not found"
)


def missing_name(finding: Finding) -> str:
    """Return the key of the variable or the id of the connection that a file failed to read, or empty text."""
    match = MISSING.search(finding.text) if finding.rule == "import-error" else None
    return next(filter(None, match.groups()), "").strip("'\"") if match else ""


def without_awaited(findings: Sequence[Finding], names: Collection[str]) -> tuple[list[Finding], list[tuple[str, str]]]:
    """Split off the findings that only say that a variable or a connection is not in Airflow yet.

    Args:
        findings: All findings.
        names: Keys and ids that the inventory defines.

    Returns:
        The other findings; and for each finding that was split off, the rule and why it could not be checked.
    """
    rest, awaited = [], []
    for finding in findings:
        name = missing_name(finding)
        if name in names:
            reason = f"{finding.place} reads {name}, which is in the inventory but not in Airflow yet"
            awaited.append((finding.rule, reason))
        else:
            rest.append(finding)
    return rest, awaited
