"""Chains of earlier firewalls are found and removed with the jumps to them, and nothing else is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_watch import holder, old_chains
from airflow_watch.commands import Commands, WatchError

if TYPE_CHECKING:
    import pytest

FIRST = """\
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:AIRFLOW-STACK - [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A AIRFLOW-STACK ! -o br-airflow -j RETURN
-A AIRFLOW-STACK -j DROP
-A DOCKER-USER -j AIRFLOW-STACK
-A DOCKER-USER -m comment --comment "not -j AIRFLOW-STACK" -j RETURN
COMMIT
"""
LAST = """\
*mangle
:FORWARD ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:AIRFLOW-FORWARD - [0:0]
:AIRFLOW-INPUT - [0:0]
:AIRFLOW-INPUT-OF-OTHERS - [0:0]
-A FORWARD -j AIRFLOW-FORWARD
-A INPUT -j AIRFLOW-INPUT
-A INPUT -j AIRFLOW-INPUT
-A INPUT -j AIRFLOW-INPUT-OF-OTHERS
COMMIT
"""


def test_the_first_firewall_was_below_docker_s_chain() -> None:
    assert old_chains.removal("filter", FIRST).splitlines() == [
        "*filter",
        "-D DOCKER-USER -j AIRFLOW-STACK",
        "-F AIRFLOW-STACK",
        "-X AIRFLOW-STACK",
        "COMMIT",
    ]


def test_duplicate_jumps_are_all_removed_and_those_of_others_stay() -> None:
    assert old_chains.removal("mangle", LAST).splitlines() == [
        "*mangle",
        "-D FORWARD -j AIRFLOW-FORWARD",
        "-D INPUT -j AIRFLOW-INPUT",
        "-D INPUT -j AIRFLOW-INPUT",
        "-F AIRFLOW-FORWARD",
        "-F AIRFLOW-INPUT",
        "-X AIRFLOW-FORWARD",
        "-X AIRFLOW-INPUT",
        "COMMIT",
    ]


def test_without_such_chains_nothing_is_done() -> None:
    assert old_chains.removal("mangle", FIRST.replace("AIRFLOW-STACK", "OTHER")) == ""
    assert old_chains.removal("filter", "") == ""


def test_the_commands(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    saved = {"filter": FIRST, "mangle": LAST}
    restored: list[str] = []

    def played(_: Commands, *argv: str, data: str = "") -> str:
        if argv[0] == "iptables-restore":
            restored.append(data)
            saved[data.split("\n", 1)[0].lstrip("*")] = ""
            return ""
        return saved[argv[-1]]

    monkeypatch.setattr(Commands, "run", played)
    assert holder.main(["old"]) == 0
    assert capsys.readouterr().out == "filter\nmangle\n"
    assert restored == []
    assert holder.main(["forget"]) == 0
    assert len(restored) == 2
    assert holder.main(["old"]) == 0
    assert capsys.readouterr().out == ""


def test_a_host_without_iptables_has_none(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def missing(*_: object, **__: object) -> str:
        raise WatchError("`iptables-save` cannot be run")

    monkeypatch.setattr(Commands, "run", missing)
    assert holder.main(["old"]) == holder.main(["forget"]) == 0
    assert capsys.readouterr().out == ""


def test_an_unknown_command_holds_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert holder.main(["forgte"]) == 1
    assert "there is no command forgte" in capsys.readouterr().out
