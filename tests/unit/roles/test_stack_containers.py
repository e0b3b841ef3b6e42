"""Labels of the containers that DockerOperator starts, and what a try does before it starts one."""

from __future__ import annotations

import contextlib
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from airflow_watch import asking

from tests.support.programs import load_with

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TI = SimpleNamespace(dag_id="news", task_id="fetch", run_id="manual__1", map_index=-1, try_number=2)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The program, with a Fernet key; on a single host."""
    found = load_with("stack_containers", "stack_tries")
    found.stack_tries.SECRETS = str(tmp_path)
    (tmp_path / "fernet_key").write_text("key\n", encoding="utf-8")
    monkeypatch.delenv("AIRFLOW_STACK_ADDRESS", raising=False)
    return found


class Client:
    """A Docker engine's client; `there` are its containers."""

    def __init__(self) -> None:
        self.there: list[dict[str, Any]] = []
        self.created: list[dict[str, Any]] = []
        self.done: list[str] = []
        self.image: dict[str, Any] = {"Config": {"Labels": None}}
        self.stubborn = False

    def add(self, labels: dict[str, str], id_: str, state: str = "running", **changed: str) -> None:
        known = {f"airflow.{name}": value for name, value in changed.items()}
        self.there.append({"Id": id_, "Names": [f"/{id_}"], "State": state, "ImageID": "1", "Labels": labels | known})

    def containers(self, *, all: bool, filters: dict[str, list[str]]) -> list[dict[str, Any]]:  # noqa: A002
        wanted = dict(label.split("=", 1) for label in filters["label"])
        return [
            one
            for one in self.there
            if wanted.items() <= one["Labels"].items() and (all or one["State"] in ("running", "paused", "restarting"))
        ]

    def inspect_image(self, _: str) -> dict[str, Any]:
        return self.image

    def stop(self, id_: str, timeout: int) -> None:
        assert timeout == 10
        self.done.append(f"stop {id_}")
        for one in self.there:
            if one["Id"] == id_ and one["State"] == "paused":
                raise OSError("paused")

    def remove_container(self, id_: str, *, force: bool) -> None:
        assert force
        self.done.append(f"remove {id_}")
        if self.stubborn:
            raise OSError("device or resource busy")
        self.there = [one for one in self.there if one["Id"] != id_]

    def create_container(self, **options: Any) -> dict[str, str]:
        self.created.append(options)
        return {"Id": "new"}


class Operator:
    """DockerOperator: creates a container, which then `runs`."""

    auto_remove = "success"

    def __init__(self, program: Any, **options: Any) -> None:
        self.client, self.options = Client(), options
        self.create = program.creating(Client.create_container)
        self.runs: Any = lambda: "result"

    def execute(self, context: Any) -> Any:  # noqa: ARG002 - Airflow's signature
        self.create(self.client, **self.options)
        return self.runs()


def run(program: Any, operator: Operator, instance: Any = TI) -> Any:
    return program.executing(Operator.execute)(operator, context={"ti": instance})


@pytest.mark.parametrize(
    ("own", "merged"),
    [(None, {}), ({}, {}), ({"a": "1", "airflow.try": "9"}, {"a": "1"}), (["a", "b"], {"a": "", "b": ""})],
)
def test_containers_get_the_labels_of_their_try_and_keep_those_of_the_author(
    program: Any, own: Any, merged: Any
) -> None:
    operator = Operator(program, image="x", labels=own)
    assert run(program, operator) == "result"
    (created,) = operator.client.created
    assert created == {
        "image": "x",
        "labels": {
            **merged,
            "airflow.stack": program.stack_id(),
            "airflow.dag": "news",
            "airflow.task": "fetch",
            "airflow.run": "manual__1",
            "airflow.map_index": "-1",
            "airflow.try": "2",
            "airflow.auto_remove": "success",
            "airflow.start": "",
        },
    }
    assert own is None or "airflow.run" not in own


@pytest.mark.parametrize(
    ("instance", "start"),
    [
        ({"id": "0190-uuid"}, "0190-uuid"),
        ({"job_id": 7}, "7"),
        ({"job_id": None}, ""),
    ],
)
def test_the_label_of_a_start_is_what_each_start_has_of_its_own(
    program: Any, instance: dict[str, Any], start: str
) -> None:
    assert program.labels_of(SimpleNamespace(**vars(TI), **instance), "never")["airflow.start"] == start


def test_a_container_of_an_earlier_start_of_the_same_try_is_removed(program: Any) -> None:
    """The run was deleted and created again, or the database restored: the numbers begin anew."""
    operator, instance = Operator(program, image="x"), SimpleNamespace(**vars(TI), job_id=9)
    labels = program.labels_of(instance, "never")
    operator.client.add(labels, "earlier", start="8")
    operator.client.add({name: text for name, text in labels.items() if name != "airflow.start"}, "unlabelled")
    operator.client.add(labels, "sibling")
    operator.client.add(labels, "kept", state="exited", start="8")
    assert run(program, operator, instance) == "result"
    assert operator.client.done[:4] == ["stop earlier", "remove earlier", "stop unlabelled", "remove unlabelled"]
    assert "kept" in [one["Id"] for one in operator.client.there]
    assert "remove sibling" not in operator.client.done


def test_two_stacks_have_two_ids(program: Any, tmp_path: Path) -> None:
    one = program.stack_id()
    (tmp_path / "fernet_key").write_text("another key\n", encoding="utf-8")
    assert program.stack_id() != one


def test_containers_that_no_operator_starts_get_no_labels(program: Any) -> None:
    operator = Operator(program)
    operator.create(operator.client, image="x")
    with contextlib.suppress(KeyError):
        run(program, operator)
    operator.create(operator.client, image="y")
    assert "labels" not in operator.client.created[0]
    assert "labels" not in operator.client.created[-1]


@pytest.mark.parametrize("context", [{}, {"ti": None}])
def test_a_call_outside_of_a_task_works_as_before(program: Any, context: Any) -> None:
    operator = Operator(program, image="x")
    assert program.executing(Operator.execute)(operator, context) == "result"
    assert operator.client.created == [{"image": "x"}]


def test_containers_of_earlier_tries_of_this_task_are_removed_first(program: Any) -> None:
    operator = Operator(program, name="fetch")
    labels = program.labels_of(TI, "never")
    operator.client.add(labels, "earlier", **{"try": "1"})
    operator.client.add(labels, "frozen", "paused", **{"try": "1"})
    operator.client.add(labels, "fetch", "exited", **{"try": "1"})
    operator.client.add(labels, "logs", "exited", **{"try": "1"})
    for name in ("stack", "dag", "task", "run", "map_index"):
        operator.client.add(labels, f"other-{name}", **{"try": "1", name: "7"})
    run(program, operator)
    assert [one["Id"] for one in operator.client.there if not one["Id"].startswith("other-")] == ["logs"]
    assert len(operator.client.there) == 6
    assert operator.client.created


@pytest.mark.parametrize("stubborn", [False, True])
def test_a_try_does_not_start_beside_one_that_runs(program: Any, stubborn: bool) -> None:
    operator = Operator(program)
    operator.client.stubborn = stubborn
    operator.client.add(program.labels_of(TI, "never"), "other", **{"try": "1" if stubborn else "3"})
    expected = (
        "other of an earlier try cannot be removed" if stubborn else "other of try 3 is running, so try 2 does not"
    )
    with pytest.raises(program.TaskContainerError, match=expected):
        run(program, operator)
    assert not operator.client.created


def test_containers_that_only_an_image_labels_are_left_alone(program: Any) -> None:
    operator = Operator(program)
    operator.client.add(program.labels_of(TI, "never"), "committed", **{"try": "1"})
    operator.client.image = {"Config": {"Labels": operator.client.there[0]["Labels"]}}
    run(program, operator)
    assert operator.client.done == []


def test_what_runs_after_its_task_has_failed_is_stopped_and_the_error_is_that_of_the_task(program: Any) -> None:
    operator = Operator(program)

    def fail() -> None:
        operator.client.add(operator.client.created[0]["labels"], "lost")
        raise ValueError("connection to Docker lost")

    operator.runs = fail
    with pytest.raises(ValueError, match="connection to Docker lost"):
        run(program, operator)
    assert operator.client.done == ["stop lost"]
    # Not even an engine that is down hides it.
    operator.client.containers = lambda **_: fail() if operator.client.done else []  # type: ignore[method-assign,assignment]
    operator.client.done = []
    with pytest.raises(ValueError, match="connection to Docker lost"):
        run(program, operator)


def test_the_container_of_a_deferred_try_runs_on(program: Any) -> None:
    operator = Operator(program)

    class TaskDeferred(BaseException):
        """Airflow's exception, with which a task leaves its slot."""

    def defer() -> None:
        operator.client.add(operator.client.created[0]["labels"], "goes-on")
        raise TaskDeferred

    operator.runs = defer
    with pytest.raises(TaskDeferred):
        run(program, operator)
    assert operator.client.done == []


class Redis:
    """The hash in Redis."""

    def __init__(self) -> None:
        self.hash: dict[bytes, bytes] = {}

    def hgetall(self, _: str) -> dict[bytes, bytes]:
        return dict(self.hash)

    def hset(self, _: str, name: str, value: str) -> None:
        self.hash[name.encode()] = value.encode()

    def hdel(self, _: str, *names: Any) -> None:
        for name in names:
            self.hash.pop(name if isinstance(name, bytes) else name.encode(), None)


@pytest.fixture
def several(program: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The program on a host of a stack on several."""
    redis, tries = Redis(), program.stack_tries
    monkeypatch.setenv("AIRFLOW_STACK_ADDRESS", "192.0.2.1")
    errors = SimpleNamespace(KombuError=KeyError, RedisError=LookupError)
    monkeypatch.setitem(__import__("sys").modules, "kombu.exceptions", errors)
    monkeypatch.setitem(__import__("sys").modules, "redis.exceptions", errors)
    monkeypatch.setattr(tries, "redis", lambda: contextlib.nullcontext(redis))
    tries.WAIT_SECONDS, tries.LOOK_SECONDS = 0, 0
    program.known = redis
    return program


def entry(number: int = 1, run_id: str = "manual__1") -> str:
    return json.dumps(["news", "fetch", run_id, -1, number])


def test_on_several_hosts_a_try_is_entered_while_it_may_have_a_container(several: Any) -> None:
    operator = Operator(several)
    seen = []
    operator.runs = lambda: seen.append(dict(several.known.hash))
    run(several, operator)
    assert seen == [{entry(2).encode(): b"192.0.2.1"}]
    assert several.known.hash == {}


def test_a_try_waits_for_an_earlier_one_on_another_host(several: Any) -> None:
    several.known.hset("", entry(1), "192.0.2.2")
    operator = Operator(several)
    with pytest.raises(several.TaskContainerError, match=r"try 1 may still run on 192\.0\.2\.2.*--forget 192\.0\.2\.2"):
        run(several, operator)
    assert not operator.client.created
    assert several.known.hash == {entry(1).encode(): b"192.0.2.2"}
    # The other host reports that it is gone.
    several.stack_tries.WAIT_SECONDS = 60
    several.stack_tries.time = SimpleNamespace(
        monotonic=several.stack_tries.time.monotonic, sleep=lambda _: several.known.hdel("", entry(1))
    )
    run(several, operator)
    assert operator.client.created


@pytest.mark.parametrize(
    ("name", "host"), [(entry(1), "192.0.2.1"), (entry(1, "other"), "192.0.2.2"), (entry(2), "192.0.2.2")]
)
def test_it_does_not_wait_for_others(several: Any, name: str, host: str) -> None:
    """An earlier try on this host is stopped by this one."""
    several.known.hset("", name, host)
    run(several, Operator(several))


def test_it_does_not_wait_for_a_later_try(several: Any) -> None:
    several.stack_tries.WAIT_SECONDS = 60
    several.known.hset("", entry(3), "192.0.2.2")
    with pytest.raises(several.TaskContainerError, match=r"try 3 runs on 192\.0\.2\.2, so try 2 does not start"):
        run(several, Operator(several))


def test_without_redis_no_container_is_started(several: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def down() -> Any:
        raise LookupError("connection refused")

    monkeypatch.setattr(several.stack_tries, "redis", down)
    operator = Operator(several)
    with pytest.raises(several.TaskContainerError, match="Redis does not tell whether"):
        run(several, operator)
    assert not operator.client.created


def test_airflow_can_end_a_task_that_waits(several: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Airflow raises an exception of its own in the signal handler."""

    class AirflowError(Exception):
        pass

    def ended() -> Any:
        raise AirflowError

    monkeypatch.setattr(several.stack_tries, "redis", ended)
    several.stack_tries.WAIT_SECONDS = 60
    with pytest.raises(AirflowError):
        run(several, Operator(several))


def test_a_container_that_runs_on_keeps_its_entry(several: Any) -> None:
    operator = Operator(several)
    operator.client.stop = lambda *_, **__: fail()  # type: ignore[method-assign]

    def fail() -> None:
        raise OSError("Docker is down")

    operator.runs = lambda: operator.client.add(operator.client.created[0]["labels"], "lost")
    run(several, operator)
    assert several.known.hash == {entry(2).encode(): b"192.0.2.1"}


def test_airflow_watch_reads_the_same_hash(several: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert asking.TRIES == several.stack_tries.TRIES
    channel = SimpleNamespace(client=several.known)
    connection = SimpleNamespace(channel=lambda: channel)
    kombu = SimpleNamespace(Connection=lambda *_, **__: contextlib.nullcontext(connection))
    monkeypatch.setitem(__import__("sys").modules, "kombu", kombu)
    monkeypatch.setattr(asking, "SECRETS", str(tmp_path))
    (tmp_path / "broker_url").write_text("redis://\n", encoding="utf-8")
    for number, host in ((1, "192.0.2.1"), (2, "192.0.2.2"), (3, "192.0.2.3"), (4, "192.0.2.1")):
        several.known.hset("", entry(number), host)
    # It removes tries of its own host only, unless a host is to be forgotten.
    left = asking.entered([json.loads(entry(1)), json.loads(entry(2))], "192.0.2.3")
    assert left == [json.loads(entry(4))]
    assert set(several.known.hash) == {entry(2).encode(), entry(4).encode()}


def test_without_the_provider_the_worker_starts_anyway(program: Any, capsys: pytest.CaptureFixture[str]) -> None:
    program.install()
    assert "containers get no labels of their tasks: No module named 'airflow" in capsys.readouterr().err
