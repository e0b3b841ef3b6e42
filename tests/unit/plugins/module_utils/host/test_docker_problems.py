"""Each invalid input of role docker gets one error, valid inputs get none."""

import base64
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.docker_problems import (
    docker_host_problems,
    docker_problems,
)

from tests.unit.plugins.daemon_json import BROKEN, INPUTS

ROLE = Path(__file__).parents[5] / "roles" / "docker"
PACKAGES = yaml.safe_load((ROLE / "vars/main/packages.yml").read_text(encoding="utf-8"))
PEM = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"


def problems(**changed: Any) -> list[Any]:
    """Problems of valid inputs with some changed; `daemon` is merged into the defaults, `daemon_json` is plain text."""
    inputs = {
        "source": "distribution",
        "release": "Debian 13",
        "table": PACKAGES["__docker_packages"],
        "gaps": PACKAGES["__docker_package_gaps"],
        "installed": {},
        "minimum": PACKAGES["__docker_minimum"],
        "repository_url": "https://download.docker.com/linux",
        "repository_key": "",
        "daemon": INPUTS | changed.pop("daemon", {}),
        "ca_certificates": [],
        "inventories": ["", str(ROLE)],
        "paths": {},
        "units": [],
    } | changed
    inputs["daemon_json"] = base64.b64encode(changed.get("daemon_json", "").encode()).decode()
    found = docker_problems(inputs)
    # A host is only checked with inputs whose types are right.
    return found if any(each.id == "type-wrong" for each in found) else [*found, *docker_host_problems(inputs)]


@pytest.mark.parametrize(
    ("source", "release"),
    [
        ("distribution", "Debian 13"),
        ("distribution", "Ubuntu 24.04"),
        ("docker", "Debian 12"),
        ("docker", "Debian 13"),
        ("docker", "Ubuntu 24.04"),
    ],
)
def test_supported_releases_are_accepted(source: str, release: str) -> None:
    assert problems(source=source, release=release) == []


def test_debian_12_packages_are_refused_and_the_error_names_the_variable() -> None:
    (problem,) = problems(release="Debian 12")
    assert "compose 2" in problem
    assert problem.endswith("write docker_package_source: docker.")


@pytest.mark.parametrize("source", ["distribution", "docker"])
def test_other_releases_are_refused_and_the_error_lists_the_supported_ones(source: str) -> None:
    (problem,) = problems(release="Fedora 42", source=source)
    assert "Fedora 42 is not supported" in problem
    assert "Debian 13, Ubuntu 24.04 with docker_package_source: distribution" in problem
    assert "Debian 12, Debian 13, Ubuntu 24.04 with docker_package_source: docker" in problem


@pytest.mark.parametrize(("source", "there"), [("distribution", "docker-ce"), ("docker", "docker.io")])
def test_an_engine_from_the_other_source_is_refused(source: str, there: str) -> None:
    (problem,) = problems(source=source, installed={there: "28.0.0"})
    assert f"the engine on this host is {there}" in problem


@pytest.mark.parametrize(("source", "there"), [("distribution", "docker.io"), ("docker", "docker-ce")])
def test_an_engine_from_the_same_source_is_accepted(source: str, there: str) -> None:
    assert problems(source=source, installed={there: "25.0.0", "docker-buildx": "0.13"}) == []


@pytest.mark.parametrize("version", ["26.1.5+dfsg1-9+b9", "5:25.0.0-1~debian.13~trixie", "28.2"])
def test_an_engine_that_is_new_enough_stays(version: str) -> None:
    assert problems(installed={"docker.io": version, "docker-compose": "2.26.1-4"}) == []


@pytest.mark.parametrize(
    ("name", "version", "lowest"),
    [("docker.io", "20.10.24+dfsg1-1", "25.0"), ("docker-compose", "1.29.2-3", "2.20")],
)
def test_packages_that_are_too_old_are_refused_with_the_upgrade_command(name: str, version: str, lowest: str) -> None:
    (problem,) = problems(installed={name: version})
    assert f"{name} {version} on this host is older than {lowest}" in problem
    assert problem.endswith(f"(apt-get install --only-upgrade {name}), or write docker_package_source: docker.")


def test_the_compose_version_of_the_other_source_is_ignored() -> None:
    assert problems(source="docker", release="Debian 12", installed={"docker-compose": "1.29.2-3"}) == []


@pytest.mark.parametrize("text", BROKEN)
def test_the_error_for_an_invalid_daemon_json_has_its_path(text: str) -> None:
    (problem,) = problems(daemon_json=text)
    assert problem.startswith("/etc/docker/daemon.json: the file on the host is not valid JSON:")


def test_a_valid_daemon_json_is_accepted() -> None:
    assert problems(daemon_json='{"debug": true}') == []


def test_an_engine_without_its_default_bridge_is_refused() -> None:
    """Whether the host's own file or a variable says so, unless a variable corrects it."""
    text = '{"bridge": "none"}'
    for inputs in ({"daemon_json": text}, {"daemon": {"daemon_options": {"bridge": "none"}}}):
        (problem,) = problems(**inputs)
        assert "bridge: none leaves image builds without a network" in problem
    assert problems(daemon_json=text, daemon={"options_absent": ["bridge"]}) == []
    assert problems(daemon_json=text, daemon={"daemon_options": {"bridge": "br0"}}) == []


@pytest.mark.parametrize(
    "daemon",
    [
        {"options_absent": ["live-restore"]},
        {"options_absent": ["log-opts"]},
        {"options_absent": ["registry-mirrors"], "registry_mirrors": ["https://a"]},
        {"options_absent": ["bip"], "daemon_options": {"bip": "10.9.0.1/16"}},
    ],
)
def test_an_option_cannot_be_both_set_and_absent(daemon: dict[str, Any]) -> None:
    (problem,) = problems(daemon=daemon)
    assert problem.startswith(f"docker_daemon_options_absent: {daemon['options_absent'][0]} is also set")


@pytest.mark.parametrize("url", ["download.docker.com/linux", "ftp://host/linux", ""])
def test_a_repository_without_a_url_is_refused(url: str) -> None:
    (problem,) = problems(repository_url=url)
    assert problem.startswith("docker_repository_url:")


def test_the_repository_key_may_be_a_url_or_an_armored_file(tmp_path: Path) -> None:
    (tmp_path / "good.asc").write_text("-----BEGIN PGP PUBLIC KEY BLOCK-----\n")
    (tmp_path / "binary.gpg").write_bytes(b"\x99\x01")
    assert problems(repository_key="https://mirror.example.com/gpg") == []
    assert problems(repository_key="good.asc", inventories=[str(tmp_path)]) == []
    for name in ("binary.gpg", "missing.asc"):
        (problem,) = problems(repository_key=name, inventories=[str(tmp_path)])
        assert problem.startswith(f"docker_repository_key: {name} is neither")


@pytest.mark.parametrize(
    ("certificates", "sentence"),
    [
        ([{"name": "a", "content": PEM}, {"name": "b.c_d-1", "src": "ca.pem"}], None),
        ([{"name": "a"}], "write either content or src"),
        ([{"name": "a", "content": PEM, "src": "ca.pem"}], "write either content or src"),
        ([{"name": "a", "src": "missing.pem"}], "src missing.pem does not exist on the controller"),
        ([{"name": "a", "src": "text"}], "not a PEM certificate"),
        ([{"name": "a", "src": "."}], "not a PEM certificate"),
        ([{"name": "a", "content": "hello"}], "not a PEM certificate"),
        ([{"name": "a", "content": PEM}, {"name": "a", "content": PEM}], "listed twice"),
        ([{"name": "a/b", "content": PEM}], "write a name of letters"),
        ([{"name": "a.crt", "content": PEM}], "without .crt"),
    ],
)
def test_certificates_are_checked(certificates: list[dict[str, str]], sentence: str | None, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text(PEM)
    (tmp_path / "text").write_text("hello")
    found = problems(ca_certificates=certificates, inventories=[str(tmp_path)])
    assert len(found) == (0 if sentence is None else 1)
    assert sentence is None or sentence in found[0]


def test_all_problems_are_reported_at_once() -> None:
    assert len(problems(release="Debian 12", repository_url="x", daemon_json="{", ca_certificates=[{"name": "a"}])) == 4


@pytest.mark.parametrize(
    ("changed", "finding", "place"),
    [
        ({"release": "Debian 12"}, "package-source-insufficient", "docker_package_source"),
        ({"release": "Fedora 42"}, "distribution-unsupported", "docker_package_source"),
        ({"installed": {"docker-ce": "28.0.0"}}, "engine-source-differs", "docker_package_source"),
        ({"installed": {"docker.io": "20.10.24"}}, "package-old", "docker_package_source"),
        ({"installed": {"moby-engine": "24"}}, "engine-foreign", "docker"),
        ({"paths": {"/snap/bin/docker": {}}}, "engine-snap", "docker"),
        ({"repository_url": "https://"}, "repository-url-invalid", "docker_repository_url"),
        ({"repository_url": "https://a b"}, "repository-url-invalid", "docker_repository_url"),
        ({"repository_key": "http://"}, "repository-key-invalid", "docker_repository_key"),
        ({"daemon_json": "{"}, "daemon-json-invalid", "/etc/docker/daemon.json"),
        ({"daemon_json": '{"bridge": "none"}'}, "bridge-missing", "/etc/docker/daemon.json"),
        ({"daemon": {"log_max_file": 0}}, "daemon-option-invalid", "docker_log_max_file"),
        ({"daemon": {"registry_mirrors": "https://m"}}, "type-wrong", "docker_registry_mirrors"),
        ({"daemon": {"daemon_options": "debug=true"}}, "type-wrong", "docker_daemon_options"),
        ({"daemon": {"options_absent": ["log-opts"]}}, "daemon-option-contradictory", "docker_daemon_options_absent"),
        (
            {"ca_certificates": [{"name": "a/b", "content": PEM}]},
            "certificate-name-invalid",
            "docker_ca_certificates: a/b",
        ),
        ({"ca_certificates": [{"name": "a", "content": "x"}]}, "certificate-not-pem", "docker_ca_certificates: a"),
    ],
)
def test_a_problem_has_an_id_and_a_place(changed: dict[str, Any], finding: str, place: str) -> None:
    (problem,) = problems(**changed)
    assert (problem.id, problem.place) == (finding, place)
