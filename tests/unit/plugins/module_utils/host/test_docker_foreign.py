"""Engines and settings of a host that role docker does not manage."""

from __future__ import annotations

import base64

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.docker_foreign import (
    SNAP_FILE,
    SWARM_FILE,
    flag_problems,
    foreign_problems,
)

OPTIONS = {"live-restore": True, "log-opts": {"max-size": "10m"}, "registry-mirrors": ["https://m.example"]}
DOCKERD = "/usr/bin/dockerd"


@pytest.mark.parametrize(
    ("installed", "paths", "live_restore", "words"),
    [
        ({"podman-docker": "5.4.2"}, {}, True, "apt-get remove podman-docker"),
        ({"moby-engine": "24.0"}, {}, True, "apt-get remove moby-engine"),
        ({}, {SNAP_FILE: {}}, True, "snap remove docker"),
        ({}, {SWARM_FILE: {}}, True, "write docker_live_restore: false"),
        ({}, {SWARM_FILE: {}}, False, ""),
        ({"docker.io": "26.1.5", "podman": "5.4.2"}, {"/etc/docker": {}}, True, ""),
    ],
)
def test_engines(installed: dict[str, str], paths: dict[str, dict], live_restore: bool, words: str) -> None:
    found = foreign_problems(installed, paths, live_restore=live_restore)
    assert len(found) == bool(words)
    assert words in "".join(found)


def problems(text: str) -> list[str]:
    content = base64.b64encode(text.encode()).decode()
    return flag_problems([{"source": "/etc/systemd/system/docker.service.d/x.conf", "content": content}], OPTIONS)


@pytest.mark.parametrize(
    ("command", "key"),
    [
        (f"{DOCKERD} -H fd:// --live-restore", "live-restore"),
        (f"{DOCKERD} --registry-mirror=https://m.example", "registry-mirrors"),
        (f"{DOCKERD} \\\n  -H fd:// \\\n  --log-opt max-size=1m", "log-opts"),
    ],
)
def test_a_flag_that_daemon_json_has_too(command: str, key: str) -> None:
    (problem,) = problems(f"[Service]\nExecStart=\nExecStart={command}\n")
    assert problem.startswith("/etc/systemd/system/docker.service.d/x.conf: it starts the engine with --")
    assert f"daemon.json gets {key};" in problem


@pytest.mark.parametrize(
    "text",
    [
        "[Service]\nEnvironment=HTTP_PROXY=http://--live-restore\n",
        f"[Service]\nExecStart=\nExecStart={DOCKERD} -H fd:// --containerd=/run/containerd/containerd.sock\n",
        # Only the last one counts: an empty one resets the others.
        f"[Service]\nExecStart={DOCKERD} --live-restore\nExecStart=\nExecStart={DOCKERD} -H tcp://10.0.0.7:2376\n",
        "[Service]\nExecStartPre=/bin/x --live-restore\n",
    ],
)
def test_other_settings_are_left_alone(text: str) -> None:
    assert problems(text) == []


def test_hosts_need_a_unit_without_the_flag() -> None:
    """The unit of every package has -H fd://."""
    (problem,) = flag_problems([], {**OPTIONS, "hosts": ["tcp://10.0.0.7:2376"]})
    assert problem.startswith("docker_daemon_options.hosts: the engine's unit already has the flag --host")
    text = f"[Service]\nExecStart=\nExecStart={DOCKERD}\n"
    unit = {
        "source": "/etc/systemd/system/docker.service.d/x.conf",
        "content": base64.b64encode(text.encode()).decode(),
    }
    assert flag_problems([unit], {**OPTIONS, "hosts": ["tcp://10.0.0.7:2376"]}) == []
    assert flag_problems([], OPTIONS) == []
