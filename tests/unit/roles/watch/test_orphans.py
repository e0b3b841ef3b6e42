"""The step of airflow-watch that removes leftovers: what it asks, what it removes, and when it does nothing."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from airflow_watch import notes, orphans
from airflow_watch.commands import WatchError
from airflow_watch.orphans import Orphans
from airflow_watch.services import Container

from tests.unit.roles.watch.played import Played
from tests.unit.roles.watch.test_task_containers import LABELS

if TYPE_CHECKING:
    from pathlib import Path

ROW = ["news", "fetch", "manual__1", -1]


class Engine(Played):
    """A host with containers of tasks, a database and a Redis."""

    def __init__(self, tmp_path: Path) -> None:
        super().__init__()
        key = tmp_path / "fernet_key"
        key.write_text("key\n", encoding="utf-8")
        self.stack = hashlib.sha256(b"task containers key").hexdigest()[:16]
        self.orphans = {"grace_period": 60, "fernet_key": str(key), "spread": False, "ask": ["scheduler", "worker"]}
        self.tasks: dict[str, tuple[str, dict[str, str]]] = {}
        self.image_labels: Any = None
        self.answer: Any = {"rows": [], "tries": [], "problem": ""}
        self.questions: list[dict[str, Any]] = []
        self.stubborn = False

    def add(self, id_: str, status: str = "running", **labels: str) -> None:
        known = {f"airflow.{name}": value for name, value in labels.items()}
        self.tasks[id_] = (status, {**LABELS, "airflow.stack": self.stack, **known})

    def run(self, *argv: str, data: str = "", **_: int) -> str:
        command, ids = argv[1], [word for word in argv if word in self.tasks]
        if command == "ps":
            assert argv[-1] == f"label=airflow.stack={self.stack}"
            return "".join(f"{id_}\t{s}\t{labels['airflow.auto_remove']}\n" for id_, (s, labels) in self.tasks.items())
        if command == "inspect":
            status, labels = self.tasks[argv[-1]]
            return json.dumps([argv[-1], f"/{argv[-1]}", {"Status": status, "ExitCode": 0}, "sha256:1", labels])
        if command == "image":
            return json.dumps(self.image_labels)
        if command == "exec":
            return self.said(argv, data)
        self.done.append(f"{command} {' '.join(ids)}")
        if command == "rm" and not self.stubborn:
            self.tasks = {id_: found for id_, found in self.tasks.items() if id_ not in ids}
        return ""

    def said(self, argv: tuple[str, ...], data: str) -> str:
        assert argv[3] == "airflow-worker-1"
        call = data.rstrip().rpartition("\n")[2]
        found: list[Any] = []
        exec(call, {"main": found.append, "json": json})  # noqa: S102 - the line under test
        self.questions += found
        if isinstance(self.answer, WatchError):
            raise self.answer
        return self.answer if isinstance(self.answer, str) else json.dumps(self.answer)

    def says(self, number: int, state: str | None) -> None:
        """Let the database know the task."""
        self.answer = {**self.answer, "rows": [[*ROW, number, state]]}


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    monkeypatch.setattr(notes, "DIRECTORY", tmp_path / "run")
    clock.now = 1000.0
    monkeypatch.setattr(orphans.time, "monotonic", lambda: clock.now)
    return Engine(tmp_path)


class clock:  # noqa: N801 - a value that tests set
    now = 1000.0


def step(host: Engine) -> list[str]:
    """Run the step; return what it says and its failures."""
    said: list[str] = []
    Orphans(host, said.append, lambda text: said.append(f"ERROR: {text}")).stop_leftovers()  # type: ignore[arg-type]
    return said


def test_without_containers_nobody_is_asked(host: Engine) -> None:
    assert step(host) == []
    assert (host.questions, host.done) == ([], [])


def test_a_leftover_is_stopped_and_removed_after_the_grace_period(host: Engine) -> None:
    host.add("c1")
    host.says(2, "up_for_retry")
    assert step(host) == []
    clock.now += 59
    assert step(host) == []
    assert host.done == []
    clock.now += 1
    assert step(host) == [
        "removing c1 (running): DAG news, task fetch, run manual__1, try 2; "
        "the database says that try 2 is up_for_retry"
    ]
    assert host.done == ["stop c1", "rm c1"]
    assert host.questions == [{"instances": [ROW], "remove": [], "forget": ""}] * 3


def test_the_grace_period_begins_when_the_try_has_ended(host: Engine) -> None:
    host.add("c1")
    host.says(2, "running")
    step(host)
    clock.now += 1000
    host.says(2, "failed")
    step(host)
    clock.now += 59
    assert step(host) == []
    assert host.done == []


def test_the_container_of_an_earlier_try_does_not_wait(host: Engine) -> None:
    host.add("c1")
    host.says(3, "running")
    step(host)
    assert host.done == ["stop c1", "rm c1"]


@pytest.mark.parametrize(
    "answer",
    [
        WatchError("worker is down"),
        "",
        "no JSON",
        "[]",
        {"rows": [], "tries": []},
        {"rows": [[*ROW, 2]], "tries": [], "problem": ""},
        {"rows": [[*ROW, None, "failed"]], "tries": [], "problem": ""},
        {"rows": [[*ROW, "two", "failed"]], "tries": [], "problem": ""},
    ],
)
def test_without_an_answer_that_is_understood_nothing_is_touched(host: Engine, answer: Any) -> None:
    host.orphans["grace_period"] = 0
    host.add("c1")
    host.answer = answer
    (line,) = step(host)
    assert line.startswith("containers of tasks are left alone, because the database cannot be asked about them: ")
    clock.now += 300
    with pytest.raises(WatchError, match="are left alone"):
        step(host)
    assert host.done == []
    # The next answer ends the silence.
    host.answer = {"rows": [], "tries": [], "problem": ""}
    step(host)
    host.answer = answer
    clock.now += 400
    assert len(step(host)) == 1


def test_without_a_running_airflow_nothing_is_touched(host: Engine) -> None:
    host.add("c1")
    host.there = [Container("worker", "airflow-worker-1", "exited"), Container("redis", "airflow-redis-1", "running")]
    assert "none of these services runs on this host: worker, scheduler" in step(host)[0]
    assert host.done == []


def test_containers_that_an_image_labels_are_not_touched(host: Engine) -> None:
    """Someone committed a container of a task and started another one from the image."""
    host.orphans["grace_period"] = 0
    host.add("c1")
    host.says(3, "running")
    host.image_labels = host.tasks["c1"][1]
    step(host)
    assert host.done == []
    host.image_labels = {**host.image_labels, "airflow.try": "1"}
    step(host)
    assert host.done == ["stop c1", "rm c1"]


def test_what_exited_and_stays_is_not_even_asked_about(host: Engine) -> None:
    host.add("c1", "exited", auto_remove="never")
    assert step(host) == []
    assert host.questions == []
    host.add("c2", "exited", auto_remove="success")
    host.says(3, "running")
    step(host)
    assert host.done == ["rm c2"]


def test_a_container_that_cannot_be_removed_is_a_failure(host: Engine) -> None:
    host.add("c1")
    host.says(3, "running")
    host.stubborn = True
    assert step(host)[-1].endswith("its try is over, but Docker does not remove it: docker rm -f c1")
    assert step(host)[-1].startswith("ERROR: c1 (running)")


@pytest.mark.parametrize("off", [{"orphans": {}}, {"state": "inactive"}])
def test_it_can_be_switched_off_and_needs_docker(host: Engine, off: dict[str, Any]) -> None:
    host.add("c1")
    for name, value in off.items():
        setattr(host, name, value)
    assert step(host) == []
    assert host.questions == []


def test_a_missing_fernet_key_is_named(host: Engine, tmp_path: Path) -> None:
    (tmp_path / "fernet_key").unlink()
    with pytest.raises(WatchError, match=r"fernet_key cannot be read; run site\.yml"):
        step(host)


def test_on_several_hosts_redis_is_told_what_is_gone(host: Engine) -> None:
    host.orphans["spread"] = True
    host.answer = {"rows": [[*ROW, 3, "running"]], "tries": [[*ROW, 2]], "problem": ""}
    step(host)
    assert [one["remove"] for one in host.questions] == [[], [[*ROW, 2]]]
    # Not before five minutes have passed, as this host has no container.
    clock.now += 299
    step(host)
    assert len(host.questions) == 2
    clock.now += 1
    step(host)
    assert len(host.questions) == 4


def test_redis_is_compared_in_the_round_after_the_last_container(host: Engine) -> None:
    host.orphans["spread"] = True
    host.add("c1")
    host.answer = {"rows": [[*ROW, 2, "running"]], "tries": [[*ROW, 2]], "problem": ""}
    step(host)
    host.tasks = {}
    host.says(2, "success")
    step(host)
    assert [one["remove"] for one in host.questions] == [[], [], [[*ROW, 2]]]


def test_a_silent_redis_does_not_keep_leftovers(host: Engine) -> None:
    host.orphans["spread"] = True
    host.add("c1")
    host.answer = {"rows": [[*ROW, 3, "running"]], "tries": [], "problem": "ConnectionError()"}
    step(host)
    assert host.done == ["stop c1", "rm c1"]
    with pytest.raises(WatchError, match="Redis does not answer: ConnectionError"):
        Orphans(host, print, print).forget("192.0.2.2")  # type: ignore[arg-type]


def test_the_list_changes_nothing(host: Engine) -> None:
    host.add("c1")
    host.add("c2", task="other")
    host.says(3, "running")
    assert Orphans(host, print, print).lines() == [  # type: ignore[arg-type]
        "leftover: c1 (running): DAG news, task fetch, run manual__1, try 2; the database says that try 3 is running",
        "left alone: c2 (running): DAG news, task other, run manual__1, try 2; the database does not know its task; if "
        "nobody needs it: docker rm -f c2",
    ]
    assert host.done == []
    host.orphans = {}
    with pytest.raises(WatchError, match="airflow_orphans_enabled is false"):
        Orphans(host, print, print).lines()  # type: ignore[arg-type]


def test_only_a_stack_on_several_hosts_has_tries_to_forget(host: Engine) -> None:
    with pytest.raises(WatchError, match="only a stack on several hosts"):
        Orphans(host, print, print).forget("192.0.2.2")  # type: ignore[arg-type]
    host.orphans["spread"] = True
    Orphans(host, print, print).forget("192.0.2.2")  # type: ignore[arg-type]
    assert host.questions == [{"instances": [], "remove": [], "forget": "192.0.2.2"}]
