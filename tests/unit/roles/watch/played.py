"""A simulated host: tests set its state, and it records the actions done to it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_watch.commands import WatchError
from airflow_watch.iptables import parse
from airflow_watch.policy import Policy
from airflow_watch.services import Container

if TYPE_CHECKING:
    from collections.abc import Mapping

GOOD = parse((Path(__file__).parent / "rules26.txt").read_text(encoding="utf-8"))
FLUSHED = parse("")
WITHOUT_NAT = {**GOOD, "nat": {}}


class Played:
    """Simulate a host with rules and containers, and record the actions done to it."""

    bridge = "br-airflow"
    settings_problem = ""
    checks: Mapping[str, Any] = {}

    def __init__(self) -> None:
        self.policies = {"worker": Policy(("redis",), {"hangs": 0.0}, 180, 60, 2)}
        self.flagged: set[str] = set()
        self.rules, self.after_restart = GOOD, GOOD
        # Servers on other hosts that accept no connection.
        self.gone: set[str] = set()
        # Why the firewall is not active.
        self.open: list[str] = []
        self.done: list[str] = []
        self.live, self.state, self.services = True, "active", ["worker"]
        self.there = [Container("worker", "airflow-worker-1", "running", "healthy")]
        self.broken: set[str] = set()
        # Containers of tasks are not watched; test_orphans.py has a host where they are.
        self.orphans: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        def do(*words: str) -> None:
            self.done.append(" ".join([name, *map(str, words)]).strip())
            if name in self.broken:
                raise WatchError(f"{name} failed")
            if name == "restart_docker":
                self.rules = self.after_restart
            if name == "start":
                self.there = [one for one in self.there if one.service != words[0]]
                self.there += [Container(words[0], words[0], "running")]

        return do

    def load_firewall(self, _: object) -> None:
        self.done.append("load_firewall")
        if "load_firewall" in self.broken:
            raise WatchError("load_firewall failed")
        self.open = []

    def unit_state(self, unit: str) -> str:
        return "inactive" if unit in self.broken else "active"

    def unreachable(self) -> set[str]:
        return self.gone

    def tables(self) -> Any:
        return self.rules

    def firewall_problems(self) -> list[str]:
        return self.open

    def has_bridge(self) -> bool:
        return True

    def docker_manages_rules(self) -> bool:
        return True

    def docker_state(self) -> str:
        return self.state

    def check_docker_can_start(self) -> None:
        if "check_docker_can_start" in self.broken:
            raise WatchError("/etc/docker/daemon.json is broken: no JSON")

    def live_restore(self) -> bool:
        return self.live

    def expected(self) -> list[str]:
        if "expected" in self.broken:
            raise WatchError("compose.yml is missing")
        return self.services

    def containers(self) -> list[Container]:
        return self.there

    def flags(self) -> set[str]:
        return self.flagged

    def flag(self, name: str, text: str) -> None:
        self.done.append(f"flag {name}: {text}")
        self.flagged |= {name}

    def unflag(self, name: str) -> None:
        self.done.append(f"unflag {name}")
        self.flagged -= {name}

    def restart(self, service: str, container: str, seconds: int) -> None:
        self.done.append(f"restart {service} {container}" + (f" in {seconds} s" if seconds else ""))

    def restarts(self, **_: bool) -> tuple[list[str], list[str]]:
        return [], []


class Told:
    """Record commands instead of running them; the answer depends on a part of the command line."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.lines: list[str] = []
        self.answers = answers
        self.data: list[str] = []

    def __call__(self, *argv: str, data: str | None = None, **_: int) -> str:
        line = " ".join(argv)
        self.lines.append(line)
        self.data += [data] if data is not None else []
        for part, answer in self.answers.items():
            if part in line:
                if isinstance(answer, Exception):
                    raise answer
                return str(answer)
        return ""
