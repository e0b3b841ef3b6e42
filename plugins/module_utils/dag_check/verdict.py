"""The result of the module airflow_dag_check for a release: the findings, and what could not be checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.dag_check import host_facts, policy
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.dag_check.policy import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.dag_check.report import Facts
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.dag_check.rules import OPTIONAL

# Number of slowest files to list.
SLOWEST = 5

# Ids of rules that were not checked, or not completely, each with the reason.
NotChecked = list[tuple[str, str]]


def judge(
    options: dict[str, Any], definition: dict[str, Any], report: dict[str, Any], *, awaiting: bool
) -> tuple[list[Finding], NotChecked]:
    """Check what was loaded against the rules.

    Args:
        options: Options of the module airflow_dag_check.
        definition: The compose project.
        report: Report of the action dags_check.
        awaiting: Whether the inventory's variables and connections may not be in Airflow yet, as in check mode.

    Returns:
        The findings in order of the files, and what could not be checked.
    """
    if not options["policy"]:
        findings, unknown = policy.check(report, {}, OPTIONAL)
        partly: NotChecked = []
    else:
        context, partly = host_facts.gather(options, definition, report)
        findings, unknown = policy.check(report, context, options["skip"])
    not_checked = [*unknown.items(), *partly]
    if not awaiting:
        return findings, not_checked
    # A real run creates these before the check.
    findings, awaited = policy.without_awaited(findings, {*options["variables"], *options["connections"]})
    return findings, [*not_checked, *awaited]


def summary(report: Facts, findings: Sequence[Finding], not_checked: NotChecked) -> dict[str, Any]:
    """Return the result of the module, except its duration.

    Args:
        report: Report of the action dags_check.
        findings: Violations of the rules.
        not_checked: What could not be checked.
    """
    slowest: list[Mapping[str, Any]] = sorted(report["files"], key=lambda file: -file["seconds"])[:SLOWEST]
    return {
        "findings": [finding.fields() for finding in findings if not finding.warning],
        "warned": [finding.fields() for finding in findings if finding.warning],
        "files": len(report["files"]),
        "slowest": [{name: file[name] for name in ("file", "seconds")} for file in slowest],
        "not_checked": [{"rule": rule, "reason": reason} for rule, reason in not_checked],
    }


def text(findings: Sequence[Finding]) -> str:
    """Return the findings in readable form, one per line, below a line that states the consequence."""
    found = "1 finding" if len(findings) == 1 else f"{len(findings)} findings"
    headline = f"{found}, so this release is not deployed; docs/dag_authors.md lists the rules:"
    lines = [headline, *map(str, findings)]
    if allowed := next((finding for finding in findings if finding.rule in OPTIONAL), None):
        place = allowed.place.dag_id or allowed.place.file
        lines.append(
            f"To allow one, add it to airflow_dags_check_skip with its DAG or file, as in {allowed.rule}:{place}."
        )
    return "\n".join(lines)
