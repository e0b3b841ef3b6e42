"""A round of airflow-watch: what follows what, and that no step hinders another."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from airflow_watch import rounds
from airflow_watch.services import Container

from tests.unit.roles.watch.played import FLUSHED, GOOD, Played


def round_of(host: Played) -> tuple[bool, list[str]]:
    said: list[str] = []
    return rounds.Round(host, said.append).run(), said  # type: ignore[arg-type]


def test_a_host_in_order_is_left_alone_without_a_word(host: Played) -> None:
    assert round_of(host) == (True, [])
    assert host.done == []


def test_after_a_flush_strangers_are_kept_out_before_docker_restarts(host: Played) -> None:
    host.rules = FLUSHED
    ok, said = round_of(host)
    assert ok
    assert host.done == ["load_firewall", "restart_docker"]
    assert said[0].startswith("loading the rules of airflow-firewall again: chain AIRFLOW-FORWARD of table mangle is ")
    assert said[1] == "strangers are kept out again"
    assert said[-1].startswith("Docker's rules are back after")


def test_rules_that_do_not_hold_are_no_success(host: Played) -> None:
    host.rules = {**GOOD, "mangle": {}}
    host.noted = {}
    ok, said = round_of(host)
    assert not ok
    assert (
        "strangers may reach the stack, also with the rules of airflow-firewall loaded again: nobody knows" in said[1]
    )


@pytest.mark.parametrize("broken", ["load_firewall", "restart_docker"])
@pytest.mark.parametrize("rules", [FLUSHED, GOOD])
def test_a_step_that_fails_hinders_no_other(host: Played, rules: Any, broken: str) -> None:
    host.broken, host.rules, host.there = {broken}, rules, []
    ok, said = round_of(host)
    assert "start worker" in host.done
    assert said[-1] == "worker runs again"
    assert ok is (rules is GOOD)
    assert (f"ERROR: {broken} failed" in said) is (rules is not GOOD)


def test_without_docker_only_the_firewall_is_looked_after(host: Played) -> None:
    host.state, host.rules = "inactive", FLUSHED
    ok, said = round_of(host)
    assert not ok
    assert host.done == ["load_firewall"]
    assert "docker.service is inactive; `systemctl start docker` starts it" in said[-1]


def test_a_mistake_of_ours_in_a_step_hinders_no_other(host: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds.Round, "keep_strangers_out", lambda _: 1 / 0)
    host.there = []
    ok, said = round_of(host)
    assert not ok
    assert "ZeroDivisionError" in said[0]
    assert "start worker" in host.done


def test_a_docker_that_hangs_does_not_keep_a_round_from_the_firewall(
    host: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody flushes the tables while a command of Docker's hangs."""
    monkeypatch.setattr(rounds, "GUARD_SECONDS", 0.01)
    loaded = threading.Event()

    def hang() -> list[Container]:
        host.rules = GOOD if loaded.is_set() else {**GOOD, "mangle": {}}
        assert loaded.wait(30)
        return host.there

    def load() -> None:
        host.rules = GOOD
        loaded.set()

    monkeypatch.setattr(host, "containers", hang)
    monkeypatch.setattr(host, "load_firewall", load)
    ok, said = round_of(host)
    assert "strangers are kept out again" in said
    assert ok
