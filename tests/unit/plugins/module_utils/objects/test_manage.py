"""A module's run from its options to its exit, with a container that gives prepared answers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.airflow import (
    InsideError,
    NotRunningError,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects import manage as manage_module
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects import run as objects_run
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.connections import FIELDS, ConnectionKind

NONE = dict.fromkeys(FIELDS)
READ = {"parsed": {}, "unknown_types": [], "known_types": []}


class Exit(Exception):  # noqa: N818 - raised on success and on failure
    """Carry what the module returned."""


class Module(SimpleNamespace):
    """Stand in for AnsibleModule."""

    def exit_json(self, **result: Any) -> None:
        raise Exit(result)

    def fail_json(self, **result: Any) -> None:
        raise Exit({"failed": True, **result})

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def get_bin_path(self, name: str) -> str:
        return name

    def run_command(self) -> None:
        raise AssertionError


def entry(name: str, **fields: Any) -> dict[str, Any]:
    return {"conn_id": name, "state": "present", "uri": None, **NONE, "conn_type": "http", **fields}


def manage(
    monkeypatch: pytest.MonkeyPatch, entries: list[dict[str, Any]], *answers: Any, check: bool = False, **options: Any
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Run the module; return its result and its requests to the container."""
    asked: list[dict[str, Any]] = []
    left = list(answers)

    def run_inside(*_: Any, actions: list[dict[str, Any]], **__: Any) -> dict[str, Any]:
        asked.append(actions[0])
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return {actions[0]["name"]: answer}

    def find_container(*_: Any) -> str:
        if left and isinstance(left[0], NotRunningError):
            raise left[0]
        return "airflow-scheduler-1"

    monkeypatch.setattr(objects_run, "run_inside", run_inside)
    monkeypatch.setattr(objects_run, "find_container", find_container)
    params = {"connections": entries, "purge": False, "purge_exclude": [], "allow_unknown_types": False, "timeout": 1}
    module = Module(params={**params, **options}, check_mode=check, warnings=[], no_log_values={"http"})
    with pytest.raises(Exit) as caught:
        manage_module.manage(module, ConnectionKind())  # type: ignore[arg-type]
    result = caught.value.args[0]
    result["warnings"] = module.warnings
    assert module.no_log_values == set()
    return result, asked


def test_nothing_is_started_for_an_empty_list(monkeypatch: pytest.MonkeyPatch) -> None:
    result, asked = manage(monkeypatch, [])
    assert (result["changed"], result["starts"], asked) == (False, 0, [])


def test_writes_only_differences(monkeypatch: pytest.MonkeyPatch) -> None:
    there = {"same": {"conn_type": "http"}, "other": {"conn_type": "http", "host": "x"}, "extra": {"conn_type": "x"}}
    wrote = {"objects": {"other": {"conn_type": "http"}, "new": {"conn_type": "http"}}, "done": [], "failed": {}}
    names = ("same", "other", "new")
    result, asked = manage(monkeypatch, [entry(name) for name in names], {"objects": there, **READ}, wrote)
    assert asked[1]["name"] == "connections_write"
    assert (list(asked[1]["create"]), list(asked[1]["replace"]), asked[1]["delete"]) == (["new"], ["other"], [])
    assert result["changed"] is True
    assert (result["created"], result["updated"], result["deleted"]) == (["new"], ["other"], [])
    assert (result["unchanged"], result["starts"]) == (["same"], 2)


def test_check_mode_writes_nothing_and_returns_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    result, asked = manage(monkeypatch, [entry("new")], {"objects": {}, **READ}, check=True)
    assert [action["name"] for action in asked] == ["connections_read"]
    assert (result["changed"], result["created"], result["starts"]) == (True, ["new"], 1)


def test_check_mode_without_airflow_predicts_creation(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = {**entry("gone"), "state": "absent"}
    result, asked = manage(monkeypatch, [entry("new"), gone], NotRunningError("why"), check=True)
    assert asked == []
    assert (result["created"], result["unchanged"], result["container"]) == (["new"], ["gone"], None)
    assert result["warnings"] == ["Predicted that everything will be created, because Airflow is not running yet: why"]


def test_without_airflow_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    result, _ = manage(monkeypatch, [entry("new")], NotRunningError("why"))
    assert (result["failed"], result["msg"], result["changed"]) == (True, "why", False)


def test_bad_options_start_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    result, asked = manage(monkeypatch, [entry("new", port=-1), entry("new")])
    assert asked == []
    assert len(result["problems"]) == 2
    assert result["msg"] == " ".join(result["problems"])


def test_an_error_while_writing_reports_what_was_done(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = InsideError("lost with find-me-secret", {"connections_write": {"done": ["a"]}})
    entries = [entry("a", password="find-me-secret"), entry("b")]
    result, _ = manage(monkeypatch, entries, {"objects": {}, **READ}, lost)
    assert (result["failed"], result["changed"], result["created"]) == (True, True, ["a"])
    assert result["msg"] == "lost with ********"


def test_an_object_that_still_differs_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [entry("a", host="x"), entry("b", password="find-me-secret")]
    wrote = {"objects": {"a": {"conn_type": "http"}}, "done": ["a"], "failed": {"b": "bad find-me-secret"}}
    result, _ = manage(monkeypatch, entries, {"objects": {}, **READ}, wrote)
    assert result["failed_objects"] == {"a": "differs in host", "b": "does not exist (bad ********)"}
    assert (result["changed"], result["created"]) == (True, ["a"])
    assert "find-me" not in str(result)
