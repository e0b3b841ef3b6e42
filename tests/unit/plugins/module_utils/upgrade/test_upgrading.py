"""The order in which databases of an upgrade are copied, migrated and renamed. Scenario `upgrade` does it for real."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.docker_command import Docker
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres import Server
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.upgrade import (
    asking,
    copying,
    reaching,
    upgrading,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.upgrade.asking import Names
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.upgrade.migration import MigrationError, Place
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.upgrade.upgrading import Upgrading

PLACE = Place((), {}, "/key", "50000:0")
STEPS = [
    {"release": "2.11.2", "image": "a", "revision": "r2", "cleans": False},
    {"release": "3.3.2", "image": "b", "revision": "r3", "cleans": False},
]
NAMES = Names("airflow", "x")
PLENTY = 2**40


class Databases:
    """A server whose databases are only their revisions."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **there: str) -> None:
        self.there, self.fails, self.lost, self.free = dict(there), "", False, PLENTY

        def rename(_server: Server, names: list[tuple[str, str]]) -> None:
            for name, new in names:
                assert new not in self.there
                self.there[new] = self.there.pop(name)

        def rest(_server: Server, name: str) -> None:
            self.there[name] = f"{self.there[name].partition(',')[0]}, paused"

        def migrate(_docker: Docker, _container: str, _place: Place, step: dict[str, Any], _seconds: float) -> None:
            self.there[NAMES.copy] = "half"
            if self.fails == step["release"]:
                raise MigrationError("it failed.")
            self.there[NAMES.copy] = step["revision"]

        for module, name, value in (
            (copying, "copy", lambda _server, name, new: self.there.update({new: self.there[name]})),
            (copying, "remove", lambda _server, name: self.there.pop(name, None)),
            (upgrading.databases, "rename", rename),
            (upgrading.counts, "revision", lambda _server, name: self.there[name].partition(",")[0]),
            (upgrading.counts, "rows", lambda _server, name: {"public.dag_run": self.rows(name)}),
            (upgrading.space, "demand", lambda *_: None),
            (upgrading.postgres, "space", lambda _directory: self.free),
            (upgrading.resting, "begin", rest),
            (reaching, "migrate", migrate),
        ):
            monkeypatch.setattr(module, name, value)
        monkeypatch.setattr(Docker, "run", lambda *_: "/var/lib/docker")
        monkeypatch.setattr(Docker, "remove", lambda *_: None)
        monkeypatch.setattr(Server, "answers", lambda _server: True)
        answers = {"datname": lambda: [*self.there], "dag_run": lambda: ["9"], "pg_database_size": lambda: ["9"]}
        monkeypatch.setattr(
            Server,
            "ask",
            lambda _server, query, _database="": next(says() for word, says in answers.items() if word in query),
        )
        self.work = Upgrading(Docker("docker"), Server("docker", "server"), NAMES, lambda _step: None)

    def rows(self, name: str) -> int:
        """Return a number of rows, which a migration can make smaller."""
        return 4 if self.lost and self.there[name] == STEPS[-1]["revision"] else 5

    def run(self, steps: list[dict[str, Any]] = STEPS) -> dict[str, Any]:
        """Migrate."""
        return self.work.run(PLACE, steps, 10)


def test_the_database_from_before_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Databases(monkeypatch, airflow="r1", news="")
    assert set(found.run()["seconds"]) == {"2.11.2", "3.3.2"}
    done = {"airflow": "r3, paused", "airflow_before_x": "r1", "news": ""}
    assert found.there == done
    # Again, after an interruption of the deployment that followed.
    assert found.run() == {"seconds": {}}
    assert found.there == done


@pytest.mark.parametrize("release", ["2.11.2", "3.3.2"])
def test_a_migration_that_fails_and_is_repeated(monkeypatch: pytest.MonkeyPatch, release: str) -> None:
    found = Databases(monkeypatch, airflow="r1")
    found.fails = release
    with pytest.raises(MigrationError):
        found.run()
    # Whatever happens, the database itself is as it was.
    assert found.there == {"airflow": "r1", "airflow_copy_x": "half"}
    found.fails = ""
    assert set(found.run()["seconds"]) == {"2.11.2", "3.3.2"}
    assert found.there == {"airflow": "r3, paused", "airflow_before_x": "r1"}


def test_dags_rest_again_when_an_upgrade_is_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was interrupted after their pause had ended."""
    found = Databases(monkeypatch, airflow="r3", airflow_before_x="r1")
    found.run()
    assert found.there["airflow"] == "r3, paused"


def test_back(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Databases(monkeypatch, airflow="r1")
    found.run()
    for free in (PLENTY, 0):
        # Again, because the run was interrupted; a full disk never costs a database that was in use.
        found.free = free
        assert found.work.back("r1") == "airflow_upgraded_x"
        assert found.there == {"airflow": "r1", "airflow_upgraded_x": "r3, paused"}
    # Only people remove it.
    assert found.work.forget() == []
    with pytest.raises(MigrationError, match=r"being undone, and airflow_upgraded_x has what happened since"):
        found.run()


def test_what_was_put_aside_before_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Databases(monkeypatch, airflow="r3", airflow_before_x="r1", airflow_upgraded_x="r3", airflow_copy_x="half")
    assert found.work.back("r1") == "airflow_upgraded_x_3"
    assert found.there == {
        "airflow": "r1",
        "airflow_upgraded_x": "r3",
        "airflow_upgraded_x_2": "r3",
        "airflow_upgraded_x_3": "half",
    }


def test_a_database_from_before_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Databases(monkeypatch, airflow="r3")
    with pytest.raises(MigrationError, match=r"no airflow_before_x, and airflow has the revision r3, not r1: restore"):
        found.work.back("r1")
    assert found.there == {"airflow": "r3"}


@pytest.mark.parametrize(("free", "left"), [(PLENTY, "airflow_upgraded_x"), (0, "")])
def test_back_from_a_copy_that_was_not_complete(monkeypatch: pytest.MonkeyPatch, free: int, left: str) -> None:
    found = Databases(monkeypatch, airflow="r1", airflow_copy_x="half")
    found.free = free
    assert found.work.back("r1") == left
    assert found.there == ({"airflow": "r1", left: "half"} if left else {"airflow": "r1"})


def test_what_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Databases(monkeypatch, airflow="r3", airflow_before_x="r1", airflow_before_y="r0", airflow_upgraded_x="r2")
    assert found.work.forget() == ["airflow_before_x"]
    assert set(found.there) == {"airflow", "airflow_before_y", "airflow_upgraded_x"}


def test_later_runs_without_an_exchange(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asking.later(Databases(monkeypatch, airflow="r1").work.server, NAMES) == 0


def test_lost_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Databases(monkeypatch, airflow="r1")
    found.lost = True
    with pytest.raises(MigrationError, match=r"lost rows: dag_run has 4 rows, and had 5\."):
        found.run()
    assert found.there["airflow"] == "r1"


def test_an_image_of_another_release(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Databases(monkeypatch, airflow="r1")
    monkeypatch.setattr(reaching, "migrate", lambda *_: None)
    with pytest.raises(MigrationError, match=r"ended at revision r1, not r2: is a this release\?"):
        found.run()


def test_old_history_is_deleted_before_rows_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    cleaning = {"release": "2.5.3", "image": "o", "revision": "r1", "cleans": True}
    assert list(Databases(monkeypatch, airflow="r1").run([cleaning, *STEPS])["seconds"]) == ["2.11.2", "3.3.2"]
