"""The verdict on a release depends on whether the policy applies, and on whether objects are seeded later."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.dag_check import host_facts
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.dag_check.policy import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.dag_check.report import Place
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.dag_check.verdict import judge, summary, text

ERROR = {"kind": "import", "timeout": False, "line": 2, "dag_id": None, "file": "a.py"}
OPTIONS: dict[str, Any] = {"policy": True, "skip": [], "variables": ["seeded"], "connections": []}


def report(*missing: str, seconds: float = 9) -> dict[str, Any]:
    errors = [{**ERROR, "text": f"KeyError: 'Variable {name} does not exist'"} for name in missing]
    return {"files": [{"file": "a.py", "seconds": seconds, "errors": errors, "dags": []}]}


@pytest.fixture(autouse=True)
def gathered(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Recorded calls that gather facts of the host."""
    calls: list[Any] = []
    answer = ({"slow_seconds": 5}, [("image-missing", "x requires a login")])
    monkeypatch.setattr(host_facts, "gather", lambda *given: calls.append(given) or answer)
    return calls


@pytest.mark.parametrize(
    ("options", "awaiting", "rules"),
    [
        ({}, False, ["slow-import", "import-error", "import-error"]),
        ({"skip": ["slow-import"]}, False, ["import-error", "import-error"]),
        ({"policy": False}, False, ["import-error", "import-error"]),
        ({}, True, ["slow-import", "import-error"]),
        ({"policy": False, "variables": [], "connections": ["seeded"]}, True, ["import-error"]),
    ],
)
def test_findings(options: dict[str, Any], awaiting: bool, rules: list[str], gathered: list[Any]) -> None:
    findings, not_checked = judge({**OPTIONS, **options}, {}, report("seeded", "other"), awaiting=awaiting)
    assert [finding.rule for finding in findings] == rules
    # Only the optional rules need facts of the host.
    assert len(gathered) == options.get("policy", True)
    assert (("image-missing", "x requires a login") in not_checked) is options.get("policy", True)
    assert ("a.py:2 reads seeded, which is" in str(not_checked[-1:])) is awaiting


def test_the_summary_names_the_slowest_files() -> None:
    files = [{"file": f"{number}.py", "seconds": number, "dags": []} for number in range(7)]
    finding = Finding("slow-import", Place("a.py", 3, "dag"), "is slow")
    assert summary({"files": files}, [finding], [("rule", "reason")]) == {
        "findings": [
            {"rule": "slow-import", "file": "a.py", "line": 3, "dag_id": "dag", "task_id": None, "text": "is slow"}
        ],
        "warned": [],
        "files": 7,
        "slowest": [{"file": f"{number}.py", "seconds": number} for number in (6, 5, 4, 3, 2)],
        "not_checked": [{"rule": "rule", "reason": "reason"}],
    }


@pytest.mark.parametrize(("count", "words"), [(1, "1 finding, so"), (2, "2 findings, so")])
def test_each_finding_is_one_line(count: int, words: str) -> None:
    head, *lines = text([Finding("slow-import", Place("a.py", 3), "is slow")] * count).split("\n")
    assert head.startswith(words)
    assert lines[:-1] == ["a.py:3 [slow-import] is slow"] * count
    assert lines[-1].endswith("with its DAG or file, as in slow-import:a.py.")


def test_a_finding_that_cannot_be_allowed_says_nothing_about_that() -> None:
    assert len(text([Finding("import-error", Place("a.py", 3), "is wrong")]).split("\n")) == 2


def test_warnings_are_apart() -> None:
    finding = Finding("schedule-ended", Place("a.py", 3, "dag"), "is past", warning=True)
    result = summary({"files": []}, [finding], [])
    assert (result["findings"], [each["rule"] for each in result["warned"]]) == ([], ["schedule-ended"])
