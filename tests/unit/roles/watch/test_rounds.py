"""A round of airflow-watch: what follows what, and that no step hinders another. The host is played."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from airflow_watch import rounds
from airflow_watch.firewall import parse
from airflow_watch.host import WatchError
from airflow_watch.services import Container

GOOD = parse((Path(__file__).parent / "rules26.txt").read_text(encoding="utf-8"))
FLUSHED = parse("")


class Played:
    """A host with rules and containers, and what was done to it."""

    bridge = "br-airflow"

    def __init__(self) -> None:
        self.rules, self.after_restart = GOOD, GOOD
        self.done: list[str] = []
        self.live, self.state, self.services = True, "active", ["worker"]
        self.there = [Container("worker", "airflow-worker-1", "running", "healthy")]
        self.broken: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        def do(*words: str) -> None:
            self.done.append(" ".join([name, *words]))
            if name in self.broken:
                raise WatchError(f"{name} failed")
            if name == "restart_docker":
                self.rules = self.after_restart
            if name == "start":
                self.there = [*self.there, Container(words[0], words[0], "running")]

        return do

    def tables(self) -> Any:
        return self.rules

    def loaded(self) -> Any:
        return GOOD

    def has_bridge(self) -> bool:
        return True

    def docker_manages_rules(self) -> bool:
        return True

    def docker_state(self) -> str:
        return self.state

    def live_restore(self) -> bool:
        return self.live

    def expected(self) -> list[str]:
        if "expected" in self.broken:
            raise WatchError("compose.yml is missing")
        return self.services

    def containers(self) -> list[Container]:
        return self.there

    def restarts(self, _: list[str]) -> tuple[list[str], list[str]]:
        return [], []


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Played:
    monkeypatch.setattr(rounds, "RESTARTED", tmp_path / "run" / "restarts.json")
    monkeypatch.setattr(rounds, "LOOK_AGAIN", 0)
    monkeypatch.setattr(rounds, "RULES_SECONDS", 0)
    monkeypatch.setattr(rounds, "read_pauses", lambda *_: [])
    return Played()


def round_of(host: Played) -> tuple[bool, list[str]]:
    said: list[str] = []
    return rounds.Round(host, said.append).run(), said  # type: ignore[arg-type]


def test_a_host_in_order_is_left_alone_without_a_word(host: Played) -> None:
    assert round_of(host) == (True, [])
    assert host.done == ["unlock"]


def test_after_a_flush_strangers_are_locked_out_before_docker_restarts(host: Played) -> None:
    host.rules = FLUSHED
    ok, said = round_of(host)
    # What airflow-firewall.service does is played by nothing here: that strangers may still come in is an error.
    assert not ok
    assert host.done == ["load_firewall", "lock", "lock", "restart_docker", "unlock"]
    assert "strangers may reach the stack, also after a restart" in said[1]
    assert said[-1].startswith("Docker's rules are back after")


def test_rules_that_do_not_come_back_are_no_success(host: Played) -> None:
    host.rules = host.after_restart = {**GOOD, "nat": {}}
    ok, said = round_of(host)
    assert not ok
    assert "after a restart of Docker there are still rules missing: nat PREROUTING" in said[-1]
    assert host.done == ["lock", "lock", "restart_docker"]


def test_docker_is_not_restarted_for_ever(host: Played) -> None:
    for _ in range(rounds.RESTARTS):
        host.rules = {**GOOD, "nat": {}}
        assert round_of(host)[0]
    host.rules, host.done = {**GOOD, "nat": {}}, []
    ok, said = round_of(host)
    assert not ok
    assert "Docker was restarted for that 3 times within 15 minutes" in said[-1]
    assert host.done == ["lock", "lock"]


def test_without_live_restore_docker_is_not_restarted_and_the_command_is_named(host: Played) -> None:
    host.live, host.rules = False, {**GOOD, "nat": {}}
    ok, said = round_of(host)
    assert not ok
    assert host.done == ["lock", "lock"]
    assert "a restart would stop all containers of this host" in said[0]
    assert "run `systemctl restart docker`" in said[0]


@pytest.mark.parametrize("broken", ["load_firewall", "lock", "unlock", "restart_docker"])
@pytest.mark.parametrize("rules", [FLUSHED, GOOD])
def test_a_step_that_fails_hinders_no_other(host: Played, rules: Any, broken: str) -> None:
    host.broken, host.rules, host.there = {broken}, rules, []
    ok, said = round_of(host)
    assert "start worker" in host.done
    assert said[-1] == "worker runs again"
    assert ok is (f"ERROR: {broken} failed" not in said and rules is GOOD)


def test_a_service_that_cannot_be_started_hinders_no_other(host: Played) -> None:
    host.services, host.broken = ["postgres", "worker"], {"start"}
    host.there = [Container("worker", "w", "running", "unhealthy", "no answer")]
    ok, said = round_of(host)
    assert not ok
    assert host.done[-2:] == ["start postgres", "restart worker w"]
    assert "ERROR: postgres: start failed" in said


def test_without_the_definition_what_hangs_is_restarted_all_the_same(host: Played) -> None:
    host.broken = {"expected"}
    host.there = [Container("worker", "w", "running", "unhealthy", "no answer")]
    ok, said = round_of(host)
    assert not ok
    assert said[0] == "ERROR: what is missing is not known: compose.yml is missing"
    assert host.done[-1] == "restart worker w"


def test_without_docker_only_the_firewall_is_looked_after(host: Played) -> None:
    host.state, host.rules = "inactive", FLUSHED
    ok, said = round_of(host)
    assert not ok
    assert host.done == ["load_firewall", "lock"]
    assert "docker.service is inactive; `systemctl start docker` starts it" in said[-1]


def test_a_mistake_of_ours_in_a_step_hinders_no_other(host: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds.Round, "keep_strangers_out", lambda _: 1 / 0)
    host.there = []
    ok, said = round_of(host)
    assert not ok
    assert "ZeroDivisionError" in said[0]
    assert "start worker" in host.done
