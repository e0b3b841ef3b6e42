"""How `make demo` reads the lab's inventory and Airflow's output."""

from __future__ import annotations

import shlex
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests import demo
from tests.support.ssh import SshHost

if TYPE_CHECKING:
    from pathlib import Path

INVENTORY = """
all:
  hosts:
    airflow1:
      ansible_host: 10.201.9.10
      ansible_user: admin
      ansible_ssh_private_key_file: /lab/id_ed25519
      ansible_ssh_common_args: -F none -o UserKnownHostsFile=/lab/known_hosts -o StrictHostKeyChecking=yes
"""


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SshHost:
    (tmp_path / "hosts.yml").write_text(INVENTORY)
    monkeypatch.setattr(demo, "ROOT", tmp_path)
    monkeypatch.setattr(demo, "INVENTORY", tmp_path / "hosts.yml")
    monkeypatch.setattr(demo, "STATE", tmp_path / "demo")
    monkeypatch.setattr(demo, "CONFIG", tmp_path / "demo" / "ssh_config")
    return demo.connect()


def test_ssh_reaches_the_host_as_ansible_does(host: SshHost) -> None:
    resolved = subprocess.run(
        ["ssh", "-G", "-F", str(demo.CONFIG), host.name], check=True, capture_output=True, text=True
    )
    options = dict(line.split(" ", 1) for line in resolved.stdout.splitlines() if " " in line)
    assert (options["hostname"], options["user"], options["identityfile"]) == (
        "10.201.9.10",
        "admin",
        "/lab/id_ed25519",
    )
    assert (options["userknownhostsfile"], options["stricthostkeychecking"]) == ("/lab/known_hosts", "true")


def test_a_command_on_the_host_keeps_its_arguments(host: SshHost) -> None:
    local = ["bash", "-c", host.argv(shlex.join(["printf", "%s|", "two words", "it's"]))[-1].removeprefix("sudo -n ")]
    assert subprocess.run(local, check=True, capture_output=True, text=True).stdout == "two words|it's|"


def test_states_are_parsed_after_warnings(host: SshHost, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = '[{"task_id": "fetch", "state": "running"}, {"task_id": "remove_expired", "state": ""}]'
    output = f"a warning [of a library]\n{rows}\n"
    monkeypatch.setattr(demo, "on_host", lambda *_arguments: output)
    assert demo.task_states(host, "run") == {"fetch": "running", "remove_expired": "waiting"}


def test_the_next_steps_name_the_host(host: SshHost) -> None:
    assert "ssh -F demo/ssh_config -N -L 8080:127.0.0.1:8080 airflow1" in demo.next_steps(host)
