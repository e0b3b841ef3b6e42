"""One report of the findings of all hosts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.kinds import ACCEPTABLE, WARNINGS

# A finding as data: the fields of Finding, and ``origin``, where the variable is set, if that is known.
Fields = Mapping[str, Any]
CATALOGUE = "docs/findings.md lists all ids."


def accepted_problems(accepted: Sequence[str]) -> list[Finding]:
    """Return what is wrong with ``airflow_findings_accepted``.

    Args:
        accepted: Ids of findings that are a matter of judgement.
    """
    return [
        Finding(
            "finding-not-acceptable",
            "airflow_findings_accepted",
            f"{each!r} cannot be accepted; write ids out of {', '.join(sorted(ACCEPTABLE))}, or remove it.",
        )
        for each in accepted
        if each not in ACCEPTABLE
    ]


def report(
    by_host: Mapping[str, Iterable[Fields]], accepted: Mapping[str, Sequence[str]] | None = None
) -> tuple[list[str], list[str]]:
    """Describe findings, those that several hosts have only once.

    Args:
        by_host: Findings by inventory name of the host.
        accepted: Ids of findings that are a matter of judgement and do not stop the run, by host.

    Returns:
        One line for each finding that stops the run, and one for each that does not.
    """
    hosts: dict[tuple[Any, ...], list[str]] = {}
    for host, findings in by_host.items():
        for each in findings:
            concerned = each["host"] or host
            warns = each["id"] in WARNINGS or each["id"] in ACCEPTABLE.intersection((accepted or {}).get(concerned, ()))
            names = hosts.setdefault((warns, *(each[name] for name in ("id", "place", "text", "origin"))), [])
            if concerned not in names:
                names.append(concerned)
    errors: list[str] = []
    warnings: list[str] = []
    for (warns, kind, place, text, origin), names in hosts.items():
        at = f"{place}: " if place else ""
        line = f"{', '.join(names)}: {at}{text} [{', '.join(word for word in (kind, origin) if word)}]"
        (warnings if warns else errors).append(line)
    return errors, warnings


def message(errors: Sequence[str], *, late: bool = False) -> str:
    """Return the message of a run that is refused.

    Args:
        errors: Lines of `report`.
        late: Whether the run has already changed something.
    """
    found = "1 finding" if len(errors) == 1 else f"{len(errors)} findings"
    changed = "the run stops here" if late else "nothing was changed"
    return "\n- ".join([f"{found}; {changed}. {CATALOGUE}", *errors])


def steps(place: str) -> list[str]:
    """Return the names and indexes that lead to a place.

    Args:
        place: Place of a finding: ``a.b[2].c`` is a, b, 2 and c; ``a: b`` and ``a, 'b'`` are a.
    """
    return re.findall(r"[^.\[\]]+", re.split("[:,] ", place)[0])
