"""Differences between releases, as far as they show without Airflow."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside.compat import (
    MOVED,
    accepts,
    find,
    first_run,
    has_deferred_slots,
    modules_of,
    state_name,
)


class Dag:
    """Stands in for a DAG whose timetable gives a first run, none, or an error."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def next_dagrun_info(self, last_automated_dagrun: Any) -> Any:
        assert last_automated_dagrun is None
        return self.answer()


@pytest.mark.parametrize(("answer", "run"), [(lambda: "run", "run"), (lambda: None, None), (lambda: 1 / 0, None)])
def test_the_first_run(answer: Any, run: str | None) -> None:
    assert first_run(Dag(answer)) == run
    # Release 3 reads DAGs with a class that hides the arguments of the one behind it.

    class Lazy:
        _real_dag = Dag(answer)

        def next_dagrun_info(self, **arguments: Any) -> Any:
            return self._real_dag.next_dagrun_info(**arguments)

    assert first_run(Lazy()) == run


def test_what_moved_is_found_at_its_newest_place(monkeypatch: pytest.MonkeyPatch) -> None:
    # The first module is not there, the second one does not have it any more.
    monkeypatch.setitem(MOVED, "loads", ["nowhere.at.all:loads", "os:loads", "json:loads", "pickle:loads"])
    assert find("loads").__module__ == "json"
    assert modules_of("loads") == ["nowhere.at.all", "os", "json", "pickle"]
    monkeypatch.setitem(MOVED, "loads", ["os:loads"])
    with pytest.raises(ImportError, match="this Airflow has loads in none of os:loads"):
        find("loads")


def test_what_a_release_has() -> None:
    assert (accepts(first_run, "dag"), accepts(first_run, "other")) == (True, False)
    assert has_deferred_slots(SimpleNamespace(include_deferred=False))
    assert not has_deferred_slots(SimpleNamespace(slots=1))
    assert [state_name(state) for state in ("running", SimpleNamespace(value="running"))] == ["running", "running"]
