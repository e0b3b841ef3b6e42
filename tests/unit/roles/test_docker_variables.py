"""Variables of role docker, derived from a host's state: an unchanged host needs almost no tasks."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from tests import rows

ROLE = rows.ROLES / "docker"
PACKAGES = ["docker.io", "docker-cli", "docker-compose", "docker-buildx", "iptables", "apparmor", "ca-certificates"]
PACKAGES += ["python3-requests", "python3-yaml", "python3-psycopg2"]
# daemon.json with the keys in the order in which the role writes them.
WRITTEN = '{\n  "live-restore": true,\n  "log-opts": {\n    "max-size": "10m",\n    "max-file": "3"\n  }\n}\n'
DIRECTORY = {"type": "directory", "mode": "0755", "uid": 0, "gid": 0, "owner": "root", "group": "root"}
FILE = {**DIRECTORY, "type": "file", "mode": "0644"}


def value(name: str, **facts: Any) -> Any:
    """Return a variable of the role on Debian 13, given the results that its tasks registered."""
    rows.prepare()
    loader = DataLoader()
    found: dict[str, Any] = {}
    for path in [ROLE / "defaults" / "main.yml", *sorted((ROLE / "vars" / "main").glob("*.yml"))]:
        found |= loader.load_from_file(str(path), trusted_as_template=True)
    debian = {"distribution": "Debian", "distribution_version": "13.1", "distribution_major_version": "13"}
    found |= {"ansible_facts": debian, "ansible_check_mode": False, "ansible_inventory_sources": None, **facts}
    return rows.plain(rows.value(Templar(loader=loader, variables=found), name))


def dpkg(*packages: str, status: str = "installed") -> dict[str, Any]:
    return {"stdout_lines": [f"{name} {status} 1:28.2-4" for name in packages]}


def daemon(text: str, **states: Any) -> dict[str, Any]:
    content = base64.b64encode(text.encode()).decode()
    return {"__docker_daemon_file": {"content": content}, "__docker_host": {"paths": states}}


def test_dpkg_is_queried_for_every_relevant_package() -> None:
    asked = value("__docker_asked")
    assert set(asked) == {
        *PACKAGES,
        *value("__docker_minimum"),
        "python3-apt",
        "python3-debian",
        *value("__docker_others"),
    }
    assert len(asked) == len(set(asked))
    assert value("__docker_dpkg_format") == r"${Package} ${db:Status-Status} ${Version}\n"


def test_dpkg_can_be_queried_on_a_release_without_a_row() -> None:
    """Preflight refuses the release afterwards, with an error."""
    assert "docker.io" in value("__docker_asked", __docker_release="Debian 9")


@pytest.mark.parametrize(
    ("answer", "missing"),
    [
        ({"skipped": True}, PACKAGES),
        (dpkg("python3-apt"), PACKAGES),
        (dpkg(*PACKAGES), []),
        (dpkg(*PACKAGES[1:]), PACKAGES[:1]),
        (dpkg(*PACKAGES, status="config-files"), PACKAGES),
        (dpkg(*PACKAGES, status="half-configured"), PACKAGES),
    ],
)
def test_apt_runs_for_missing_packages(answer: dict[str, Any], missing: list[str]) -> None:
    assert value("__docker_missing", __docker_dpkg=answer) == missing


@pytest.mark.parametrize(
    ("text", "directory", "file", "differing"),
    [
        ("", None, None, ["/etc/docker", "/etc/docker/daemon.json"]),
        ("", DIRECTORY, None, ["/etc/docker/daemon.json"]),
        (WRITTEN, DIRECTORY, FILE, []),
        (WRITTEN, {**DIRECTORY, "mode": "0700"}, FILE, ["/etc/docker"]),
        (WRITTEN, DIRECTORY, {**FILE, "mode": "0600"}, ["/etc/docker/daemon.json"]),
        (WRITTEN, DIRECTORY, {**FILE, "uid": 1, "owner": "daemon"}, ["/etc/docker/daemon.json"]),
        ('{"debug": true}', DIRECTORY, FILE, ["/etc/docker/daemon.json"]),
    ],
)
def test_daemon_json_is_written_if_it_differs(
    text: str, directory: dict[str, Any] | None, file: dict[str, Any] | None, differing: list[str]
) -> None:
    digest = hashlib.sha256(text.encode()).hexdigest()
    states = {"/etc/docker": directory, "/etc/docker/daemon.json": file and {**file, "digest": digest}}
    facts = daemon(text, **{path: state for path, state in states.items() if state})
    assert [entry["path"] for entry in value("__docker_daemon_differing", **facts)] == differing


def test_both_checks_get_all_their_inputs() -> None:
    facts = {**daemon(""), "__docker_dpkg": dpkg("docker.io")}
    inputs = value("__docker_host_inputs", **facts)
    assert (inputs["source"], inputs["release"]) == ("distribution", "Debian 13")
    assert inputs["installed"] == {"docker.io": "1:28.2-4"}
    assert value("__docker_host_inputs | ansible_airflow.airflow.docker_host_problems", **facts) == []
    assert value("__docker_preflight_inputs | ansible_airflow.airflow.docker_problems") == []


def test_the_repository_key_is_looked_up() -> None:
    assert value("__docker_repository_key") == "https://download.docker.com/linux/debian/gpg"
