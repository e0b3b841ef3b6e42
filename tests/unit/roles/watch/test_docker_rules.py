"""Reaction of airflow-watch to missing Docker rules: restarts of Docker, under conditions and limited in number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from airflow_watch import docker_rules, notes
from airflow_watch.commands import WatchError
from airflow_watch.services import Container

from tests.unit.roles.watch.played import GOOD, WITHOUT_NAT, Played

if TYPE_CHECKING:
    from pathlib import Path


def restore(host: Played) -> list[str]:
    """Restore Docker's rules and return the messages; on failure, the last one is the error."""
    said: list[str] = []
    try:
        docker_rules.DockerRules(host, said.append).restore()  # type: ignore[arg-type]
    except WatchError as error:
        said.append(str(error))
    return said


def test_rules_that_do_not_come_back_are_a_failure(host: Played) -> None:
    host.rules = host.after_restart = WITHOUT_NAT
    assert "rules are still missing after a restart of Docker: nat PREROUTING" in restore(host)[-1]
    assert host.done == ["restart_docker"]


@pytest.mark.parametrize("service", ["webserver", "worker"])
def test_ports_that_docker_has_given_up_are_published_again(host: Played, service: str) -> None:
    """Seen after a flush during the start of Docker: each restart of it leaves the port without rules."""
    host.there = [Container(service, f"airflow-{service}-1", "running", ports=(("127.0.0.1", "9999", "9999"),))]
    host.rules = host.after_restart = GOOD
    said = restore(host)
    if service == "worker":
        assert "run `docker restart airflow-worker-1`, which ends its running tasks" in said[-1]
        assert host.done == ["restart_docker"]
    else:
        assert said[-1] == "restarting webserver, whose published ports Docker has given up"
        assert host.done == ["restart_docker", "restart webserver airflow-webserver-1"]


def test_restarts_of_docker_are_limited(host: Played) -> None:
    for _ in range(docker_rules.RESTARTS):
        host.rules = WITHOUT_NAT
        assert restore(host)[-1].startswith("Docker's rules are back")
    host.rules, host.done = WITHOUT_NAT, []
    assert "Docker was restarted for this 3 times within 15 minutes" in restore(host)[-1]
    assert host.done == []


@pytest.mark.parametrize("fault", ["no directory", "a note that forgets"])
def test_docker_is_not_restarted_if_restarts_cannot_be_counted(
    host: Played, fault: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if fault == "no directory":
        (tmp_path / "run").write_text("in its way", encoding="utf-8")
    else:
        monkeypatch.setattr(notes, "read", lambda _: None)
    host.rules = WITHOUT_NAT
    line = restore(host)[-1]
    assert f"the number of restarts cannot be recorded: {tmp_path}/run/docker_restarts.json " in line
    assert host.done == []


def test_without_live_restore_docker_is_not_restarted_and_the_command_is_named(host: Played) -> None:
    host.live, host.rules = False, WITHOUT_NAT
    line = restore(host)[-1]
    assert host.done == []
    assert "a restart would stop all containers of this host" in line
    assert "run `systemctl restart docker`" in line


def test_docker_is_not_restarted_if_it_would_not_start_again(host: Played) -> None:
    host.broken, host.rules = {"check_docker_can_start"}, WITHOUT_NAT
    line = restore(host)[-1]
    assert host.done == []
    assert "it would not start again: /etc/docker/daemon.json is broken: no JSON. Fix that" in line
    # This does not count as a restart.
    host.broken = set()
    assert restore(host)[-1].startswith("Docker's rules are back")


def test_a_docker_that_failed_after_our_restart_is_started(host: Played) -> None:
    host.rules, host.broken = WITHOUT_NAT, {"restart_docker"}
    assert restore(host)[-1] == "restart_docker failed"
    host.state, host.done = "failed", []
    assert restore(host) == ["starting Docker, which has failed since its restart"]
    assert host.done == ["start_docker"]


@pytest.mark.parametrize("state", ["failed", "inactive"])
def test_a_docker_that_somebody_else_stopped_stays_down(host: Played, state: str) -> None:
    if state == "inactive":
        host.rules = WITHOUT_NAT
        restore(host)
    host.state, host.done = state, []
    assert restore(host) == []
    assert host.done == []


def test_the_jump_to_user_rules_is_moved_to_the_top(host: Played) -> None:
    chains: Any = GOOD["filter"]
    others = {**chains, "DOCKER-USER": ["-s 192.0.2.7/32 -j DROP"], "FORWARD": chains["FORWARD"][1:]}
    host.rules = {**GOOD, "filter": others}
    (line,) = restore(host)
    assert "moving the jump to DOCKER-USER, the chain for your own rules, to the top" in line
    assert host.done == ["ask_user_rules_first"]


def test_containers_that_only_look_like_the_stacks_are_ignored(host: Played) -> None:
    """Their ports never have rules for the stack's bridge."""
    port = docker_rules.iptables.Port("0.0.0.0", 9000, 9000)  # noqa: S104
    host.there = [
        host.there[0]._replace(ports=(port,), ours=False),
        host.there[0]._replace(ports=(port,), cut_off=True),
    ]
    assert restore(host) == []
    assert host.done == []
