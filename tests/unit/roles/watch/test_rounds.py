"""A round of airflow-watch: the order of its steps, and their independence."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from airflow_watch import faults, rounds
from airflow_watch.services import Container

from tests.unit.roles.watch.played import FLUSHED, GOOD, Played

MISSING = ["table inet airflow_firewall is missing"]


def round_of(host: Played) -> tuple[bool, list[str]]:
    said: list[str] = []
    return rounds.Round(host, said.append).run(), said  # type: ignore[arg-type]


def test_a_healthy_host_causes_no_action_and_no_message(host: Played) -> None:
    assert round_of(host) == (True, [])
    assert host.done == []


def test_after_a_flush_strangers_are_kept_out_before_docker_restarts(host: Played) -> None:
    host.rules, host.open = FLUSHED, MISSING
    ok, said = round_of(host)
    assert ok
    assert host.done == ["load_firewall", "restart_docker"]
    assert said[0].startswith("loading the firewall again: table inet airflow_firewall is missing")
    assert said[1] == "the firewall is active again"
    assert said[-1].startswith("Docker's rules are back after")


def test_a_firewall_that_does_not_stay_loaded_is_a_failure(host: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "firewall_problems", lambda: MISSING)
    ok, said = round_of(host)
    assert not ok
    assert "other hosts may reach the stack, even after its firewall was loaded again: table inet" in said[1]


@pytest.mark.parametrize("broken", ["load_firewall", "restart_docker"])
@pytest.mark.parametrize("rules", [FLUSHED, GOOD])
def test_a_failed_step_does_not_block_others(host: Played, rules: Any, broken: str) -> None:
    host.broken, host.rules, host.there = {broken}, rules, []
    host.open = MISSING if rules is FLUSHED else []
    ok, said = round_of(host)
    assert "start worker" in host.done
    assert said[-1] == "worker runs again"
    assert ok is (rules is GOOD)
    assert (f"ERROR: {broken} failed" in said) is (rules is not GOOD)


def test_failures_are_recorded_with_their_step(host: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    """Alerts depend on the names of these functions."""
    host.broken, host.rules, host.there = {"load_firewall", "restart_docker", "start"}, FLUSHED, []
    host.open, host.settings_problem = MISSING, "/etc/airflow-watch.json is missing or broken"
    monkeypatch.setattr(rounds.Reserve, "keep_reserve", fail_of("keep_reserve"))
    monkeypatch.setattr(rounds.Orphans, "stop_leftovers", fail_of("stop_leftovers"))
    one = rounds.Round(host, list[str]().append)  # type: ignore[arg-type]
    assert not one.run()
    assert [text for _, text in one.failed_steps] == one.failures
    assert {step for step, _ in one.failed_steps} == set(faults.STEPS)


def fail_of(name: str) -> Any:
    """Return a step that fails."""

    def step(_: object) -> None:
        raise rounds.WatchError("failed")

    step.__name__ = name
    return step


def test_without_docker_only_the_firewall_is_checked(host: Played) -> None:
    host.state, host.rules, host.open = "inactive", FLUSHED, MISSING
    ok, said = round_of(host)
    assert not ok
    assert host.done == ["load_firewall"]
    assert "docker.service is inactive; start it with `systemctl start docker`" in said[-1]


def test_a_bug_in_a_step_does_not_block_others(host: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds.Round, "keep_strangers_out", lambda _: 1 / 0)
    host.there = []
    ok, said = round_of(host)
    assert not ok
    assert "ZeroDivisionError" in said[0]
    assert "start worker" in host.done


def test_the_firewall_is_checked_even_if_docker_hangs(host: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tables are flushed while a Docker command hangs."""
    monkeypatch.setattr(rounds, "GUARD_SECONDS", 0.01)
    loaded = threading.Event()

    def hang() -> list[Container]:
        host.open = [] if loaded.is_set() else MISSING
        assert loaded.wait(30)
        return host.there

    def load(_: object) -> None:
        host.open = []
        loaded.set()

    monkeypatch.setattr(host, "containers", hang)
    monkeypatch.setattr(host, "load_firewall", load)
    ok, said = round_of(host)
    assert "the firewall is active again" in said
    assert ok
