"""Differences between releases that can be tested without Airflow."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside.compat import (
    MOVED,
    accepts,
    access_control,
    find,
    first_run,
    has_deferred_slots,
    modules_of,
    state_name,
)


class Dag:
    """Stand in for a DAG whose timetable gives a first run, none, or an error."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def next_dagrun_info(self, last_automated_dagrun: Any) -> Any:
        assert last_automated_dagrun is None
        return self.answer()


@pytest.mark.parametrize(("answer", "run"), [(lambda: "run", "run"), (lambda: None, None), (lambda: 1 / 0, None)])
def test_the_first_run(answer: Any, run: str | None) -> None:
    assert first_run(Dag(answer)) == run
    # Airflow 3 reads DAGs with a wrapper class that hides the arguments of the wrapped one.

    class Lazy:
        _real_dag = Dag(answer)

        def next_dagrun_info(self, **arguments: Any) -> Any:
            return self._real_dag.next_dagrun_info(**arguments)

    assert first_run(Lazy()) == run


def test_a_moved_name_is_found_at_its_newest_place(monkeypatch: pytest.MonkeyPatch) -> None:
    # The first module does not exist; the second one no longer has the name.
    monkeypatch.setitem(MOVED, "loads", ["nowhere.at.all:loads", "os:loads", "json:loads", "pickle:loads"])
    assert find("loads").__module__ == "json"
    assert modules_of("loads") == ["nowhere.at.all", "os", "json", "pickle"]
    monkeypatch.setitem(MOVED, "loads", ["os:loads"])
    with pytest.raises(ImportError, match="this Airflow has no loads; looked in os:loads"):
        find("loads")


def test_features_of_a_release_are_detected() -> None:
    assert (accepts(first_run, "dag"), accepts(first_run, "other")) == (True, False)
    assert has_deferred_slots(SimpleNamespace(include_deferred=False))
    assert not has_deferred_slots(SimpleNamespace(slots=1))
    assert [state_name(state) for state in ("running", SimpleNamespace(value="running"))] == ["running", "running"]


def test_what_a_serialized_dag_grants() -> None:
    grants = {"Analysts": ["can_read"]}
    assert access_control({"access_control": grants}) == grants
    assert access_control({"_access_control": grants}) == grants
    assert access_control({"access_control": {}}) == {}
    assert access_control({}) is None
