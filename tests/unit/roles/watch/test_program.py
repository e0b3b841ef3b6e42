"""The program airflow-firewall, with stand-ins for iptables that return prepared rules and record their input."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ansible.template import trust_as_template

from tests import rows

VERSION = rows.prepare()["2.5"]
TEMPLATE = rows.ROLES / "airflow_watch" / "templates" / "airflow-firewall.sh.j2"
SAVE = """#!/bin/sh
cat {here}/rules-$2
"""
# Fails once for each line in the file `fails`.
RESTORE = """#!/bin/sh
echo "# iptables-restore $*" >>{here}/told
cat >>{here}/told
[ ! -s {here}/fails ] || {{ sed -i 1d {here}/fails; exit 1; }}
"""
LIST = """#!/bin/sh
grep -q "^:$5 " {here}/rules-$3
"""


@cache
def render(*, several: bool) -> str:
    """Render the program for the first host of the stack."""
    templar = rows.known(VERSION, several=several)
    templar.available_variables = {
        **templar.available_variables,
        "airflow_remove_host": "",
        "ansible_managed": "Ansible",
        "__airflow_watch_guarded": "one",
    }
    return str(templar.template(trust_as_template(TEMPLATE.read_text(encoding="utf-8"))))


class Played:
    """Simulate a host with rules, on which the program runs."""

    def __init__(self, here: Path) -> None:
        self.here, self.loaded = here, here / "run" / "loaded"
        for name, text in (("iptables-save", SAVE), ("iptables-restore", RESTORE), ("iptables", LIST)):
            (here / name).write_text(text.format(here=here), encoding="utf-8")
            (here / name).chmod(0o755)
        self.rules(mangle="*mangle\nCOMMIT\n", filter="*filter\nCOMMIT\n")
        program = render(several=False)
        program = program.replace("/run/airflow-firewall", str(here / "run"))
        program = program.replace("PATH=", f"PATH={here}:")
        (here / "program").write_text(program, encoding="utf-8")

    def rules(self, **saved: str) -> None:
        for table, text in saved.items():
            (self.here / f"rules-{table}").write_text(text, encoding="utf-8")

    def run(self, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        argv = ["sh", str(self.here / "program"), *words]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stderr
        return done

    def told(self) -> list[list[str]]:
        """Return the input of each call of iptables-restore."""
        parts = (self.here / "told").read_text(encoding="utf-8").split("# iptables-restore --wait --noflush\n")
        return [[line for line in part.splitlines() if line] for part in parts[1:]]


@pytest.fixture
def host(tmp_path: Path) -> Played:
    return Played(tmp_path)


def test_chains_and_jumps_are_loaded_in_one_commit(host: Played) -> None:
    host.run()
    (once,) = host.told()
    assert once[0] == "*mangle"
    assert [line for line in once if line[0] != "-" or line[1] in "DI"] == [
        "*mangle",
        ":AIRFLOW-FORWARD - [0:0]",
        ":AIRFLOW-INPUT - [0:0]",
        "-I FORWARD --jump AIRFLOW-FORWARD",
        "-I INPUT --jump AIRFLOW-INPUT",
        "COMMIT",
    ]
    assert "-A AIRFLOW-FORWARD --jump DROP" in once
    assert host.loaded.read_text(encoding="utf-8") == "*mangle\nCOMMIT\n"


def test_existing_jumps_are_moved(host: Played) -> None:
    jumps = [
        "FORWARD -s 10.0.0.0/8 -j AIRFLOW-FORWARD",
        'FORWARD -m comment --comment "say \\"x\\"" -j AIRFLOW-FORWARD',
        "FORWARD -j AIRFLOW-FORWARD",
        "INPUT -j AIRFLOW-INPUT",
    ]
    others = ["FORWARD -j ACCEPT", "FORWARD -j AIRFLOW-FORWARDED", "AIRFLOW-FORWARD -j DROP"]
    lines = [f"-A {rule}" for rule in [*jumps, *others]]
    host.rules(mangle="\n".join(["*mangle", ":AIRFLOW-FORWARD - [0:0]", *lines, "COMMIT\n"]))
    host.run()
    (once,) = host.told()
    assert once[1:5] == [f"-D {rule}" for rule in jumps]
    assert [line for line in once if line.startswith("-D")] == once[1:5]


def test_a_jump_that_vanished_meanwhile_is_no_failure(host: Played) -> None:
    host.rules(mangle="*mangle\n-A FORWARD -j AIRFLOW-FORWARD\nCOMMIT\n")
    (host.here / "fails").write_text("once\n", encoding="utf-8")
    host.run()
    first, second = host.told()
    assert "-D FORWARD -j AIRFLOW-FORWARD" in first
    assert second == [line for line in first if not line.startswith("-D")]


def test_rules_that_iptables_refuses_are_a_failure(host: Played) -> None:
    (host.here / "fails").write_text("once\nagain\n", encoding="utf-8")
    host.run(code=1)
    assert not host.loaded.exists()


def test_chains_of_earlier_releases_are_removed_after_the_new_ones_are_loaded(host: Played) -> None:
    """Jumps that users added to them are removed too, as they would keep the old chains active."""
    old = ["-A DOCKER-USER -s 192.168.0.0/16 -j AIRFLOW-STACK", "-A DOCKER-USER -j AIRFLOW-STACK"]
    rules = [":AIRFLOW-STACK - [0:0]", *old, "-A DOCKER-USER -s 192.0.2.7/32 -j DROP", "-A AIRFLOW-STACK -j DROP"]
    host.rules(filter="\n".join(["*filter", *rules, "COMMIT\n"]))
    host.rules(mangle="*mangle\n:AIRFLOW-PROXY - [0:0]\n-A INPUT -j AIRFLOW-PROXY\nCOMMIT\n")
    host.run()
    load, stack, proxy = host.told()
    assert "-I FORWARD --jump AIRFLOW-FORWARD" in load
    jumps = [line.replace("-A", "-D", 1) for line in old]
    assert stack == ["*filter", *jumps, "-F AIRFLOW-STACK", "-X AIRFLOW-STACK", "COMMIT"]
    assert proxy == ["*mangle", "-D INPUT -j AIRFLOW-PROXY", "-F AIRFLOW-PROXY", "-X AIRFLOW-PROXY", "COMMIT"]


def test_a_record_that_cannot_be_written_is_reported_with_its_file(host: Played) -> None:
    (host.here / "run").write_text("in the way of the directory", encoding="utf-8")
    said = host.run(code=1).stderr
    assert f"the rules are active, but {host.loaded}" in said
    assert "is there space in /run?" in said


def test_everything_can_be_removed(host: Played) -> None:
    host.run()
    saved = "*mangle\n:AIRFLOW-FORWARD - [0:0]\n:AIRFLOW-INPUT - [0:0]\n-A FORWARD -j AIRFLOW-FORWARD\nCOMMIT\n"
    host.rules(mangle=saved)
    host.run("remove")
    _, stack, proxy = host.told()
    forward = "AIRFLOW-FORWARD"
    assert stack == ["*mangle", f"-D FORWARD -j {forward}", f"-F {forward}", f"-X {forward}", "COMMIT"]
    assert proxy == ["*mangle", "-F AIRFLOW-INPUT", "-X AIRFLOW-INPUT", "COMMIT"]
    assert not host.loaded.parent.exists()


def inputs(**groups: Any) -> list[str]:
    """Return the ports that the chain for INPUT closes on the first of two hosts."""
    templar = rows.known(VERSION, several=True)
    known = {**templar.available_variables["groups"], **groups}
    templar.available_variables = {**templar.available_variables, "groups": known, "__airflow_watch_guarded": "one"}
    return [str(port) for port in rows.plain(rows.value(templar, "airflow_plan['published']['one']"))]


def test_ports_of_services_that_run_elsewhere_are_not_closed() -> None:
    """Other programs may use these ports."""
    assert inputs() == ["5432", "6379", "8793"]
    assert inputs(airflow_postgres=["two"]) == ["6379", "8793"]
    assert inputs(airflow_worker=["two"], airflow_redis=[]) == ["5432"]


def test_hosts_of_the_stack_are_let_in() -> None:
    program = render(several=True)
    assert "-A AIRFLOW-INPUT --source 192.0.2.2 --destination 192.0.2.1 --jump RETURN\n" in program
    assert "-A AIRFLOW-INPUT --destination 192.0.2.1 --protocol tcp --destination-port 5432 --jump DROP\n" in program
