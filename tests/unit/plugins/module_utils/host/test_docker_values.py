"""Values of daemon.json with which the engine would not start, and unusual ones that it accepts."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.docker_values import value_problems

from tests.unit.plugins.daemon_json import INPUTS


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("registry_mirrors", ["https://mirror.example.com", "http://10.0.0.7:5000/", "https://m.example/docker"]),
        ("registry_mirrors", ["http://[fd00::7]:5000", "http://my_mirror"]),
        ("insecure_registries", ["registry.example.com:5000", "localhost", "10.0.0.0/8", "fd00::/8"]),
        ("insecure_registries", ["[fd00::7]:5000", "http://registry.example.com"]),
        ("log_max_size", ""),
        ("log_max_size", "10m"),
        ("log_max_size", "1.5 GB"),
        ("log_max_size", 1000000),
        ("log_max_file", 1),
        ("log_max_file", "5"),
        ("daemon_options", {"data-root": "/srv/docker", "ipv6": True, "of-a-later-release": 1}),
        ("daemon_options", {"log-opts": {"max-file": "5"}, "bip": "10.9.0.1/16"}),
        ("daemon_options", {"default-address-pools": [{"base": "10.90.0.0/16", "size": 24}]}),
        ("daemon_options", {"default-address-pools": [{"base": "fd00::/48", "size": 64}]}),
    ],
)
def test_values_that_the_engine_accepts(name: str, value: Any) -> None:
    assert value_problems({**INPUTS, name: value}) == []


@pytest.mark.parametrize(
    "mirror",
    [
        "mirror.example.com",
        "ftp://m",
        "https://",
        "https://u:p@m",
        "https://m?a=b",
        "https://m#a",
        "https://m:x",
        "",
        7,
    ],
)
def test_impossible_mirrors(mirror: Any) -> None:
    (problem,) = value_problems({**INPUTS, "registry_mirrors": ["https://good.example", mirror]})
    assert problem.id == "repository-url-invalid"
    assert problem.startswith("docker_registry_mirrors[1]: ")


@pytest.mark.parametrize(
    "registry",
    ["ftp://host", "host/team", "host:99999", "host:0", "host:", "a b", "", "10.0.0.0/40", "-a", "10.0.0.1:x"],
)
def test_impossible_registries(registry: str) -> None:
    (problem,) = value_problems({**INPUTS, "insecure_registries": [registry]})
    assert problem.id == "registry-invalid"
    assert problem.startswith("docker_insecure_registries[0]: ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("log_max_size", "10x"),
        ("log_max_size", "0"),
        ("log_max_size", "-1"),
        ("log_max_size", "big"),
        ("log_max_file", 0),
        ("log_max_file", -1),
        ("log_max_file", 1.5),
        ("log_max_file", True),
        ("log_max_file", ""),
    ],
)
def test_impossible_log_options(name: str, value: Any) -> None:
    (problem,) = value_problems({**INPUTS, name: value})
    assert problem.id == "daemon-option-invalid"
    assert problem.startswith(f"docker_{name}: ")


@pytest.mark.parametrize(
    ("options", "start"),
    [
        (
            {"data_root": "/srv/docker"},
            "data_root: the engine has no such option, or ignores it; did you mean data-root?",
        ),
        ({"dataroot": "/srv"}, "dataroot: the engine has no such option, or ignores it; did you mean data-root?"),
        ({"graph": "/srv/docker"}, "graph: the engine has no such option, or ignores it; did you mean data-root?"),
        (
            {"registry-mirror": []},
            "registry-mirror: the engine has no such option, or ignores it; did you mean registry-m",
        ),
        (
            {"insecure-registry": []},
            "insecure-registry: the engine has no such option, or ignores it; did you mean insec",
        ),
        ({"log_opt": {}}, "log_opt: the engine has no such option, or ignores it; did you mean log-opts?"),
        ({"Debug": True}, "Debug: the engine has no such option"),
        (
            {"my_option": True},
            "my_option: the engine has no such option; write lower-case words with dashes, such as my-",
        ),
        ({"registry-mirrors": ["mirror.example.com"]}, "registry-mirrors[0]: 'mirror.example.com' is not the address"),
        ({"insecure-registries": ["http://r:5000/x"]}, "insecure-registries[0]: 'http://r:5000/x' is not a registry"),
        ({"dns": ["dns.example.com"]}, "dns: 'dns.example.com' is not an IP address"),
        ({"dns-search": [1]}, "dns-search: the engine accepts only texts in this list"),
        ({"log-level": "verbose"}, "log-level: 'verbose' is not one of debug, info, warn, error, fatal; write one of"),
        ({"mtu": -1}, "mtu: -1 is less than 0; write 0 or more."),
        ({"data-root": "srv/docker"}, "data-root: 'srv/docker' is not an absolute path"),
        ({"log-opts": {"max-file": 5}}, "log-opts.max-file: the engine accepts only text here"),
        ({"log-opts": {"compress": True}}, "log-opts.compress: the engine accepts only text here"),
        ({"bip": "10.9.0.1"}, "bip: '10.9.0.1' is not an address with a prefix"),
        ({"bip": "docker0"}, "bip: 'docker0' is not an address with a prefix"),
        ({"default-address-pools": [{"base": "10.90.0.0/16", "size": 8}]}, "default-address-pools[0]: must be a base"),
        ({"default-address-pools": [{"base": "10.90.0.0/16", "size": 33}]}, "default-address-pools[0]: must be a base"),
        ({"default-address-pools": [{"base": "10.90.0.0", "size": 24}]}, "default-address-pools[0]: must be a base"),
        ({"default-address-pools": ["10.90.0.0/16"]}, "default-address-pools[0]: must be a base"),
        ({"default-address-pools": {"base": "10.90.0.0/16"}}, "default-address-pools: the engine accepts only a list"),
        ({"bip": 10.9}, "bip: the engine accepts only text here"),
        ({"dns": "10.0.0.53"}, "dns: the engine accepts only a list here; write [VALUE, VALUE]."),
        ({"mtu": "1400"}, "mtu: the engine accepts only a whole number here; write a number without quotes, or a"),
        ({"mtu": True}, "mtu: the engine accepts only a whole number"),
        ({"mtu": 1400.5}, "mtu: the engine accepts only a whole number"),
        ({"debug": "yes"}, "debug: the engine accepts only true or false here"),
        ({"debug": 1}, "debug: the engine accepts only true or false here"),
        ({"data-root": ["/srv"]}, "data-root: the engine accepts only text"),
        ({"log-opts": ["max-size=10m"]}, "log-opts: the engine accepts only a dict here; write {NAME: VALUE}."),
        ({"hosts": None}, "hosts: the engine accepts only a list"),
    ],
)
def test_impossible_options(options: dict[str, Any], start: str) -> None:
    (problem,) = value_problems({**INPUTS, "daemon_options": options})
    assert problem.startswith(f"docker_daemon_options.{start}")


def test_possible_options() -> None:
    options = {
        "host-gateway-ip": "192.0.2.1",
        "some-option-of-a-later-engine": 1,
        "shutdown-timeout": -1,
        "data-root": "",
        "dns": ["192.0.2.53", "2001:db8::53"],
        "default-address-pools": [{"base": "10.90.0.0/16", "size": 24}],
        "log-level": "warn",
    }
    assert value_problems({**INPUTS, "daemon_options": options}) == []


def test_options_to_remove_have_their_names_in_daemon_json() -> None:
    (problem,) = value_problems({**INPUTS, "options_absent": ["debug", "registry_mirrors"]})
    assert problem.startswith("docker_daemon_options_absent[1]: the engine has no such option, or ignores it; did you")
    # What the engine does not know can be there, and be the reason to remove it.
    assert value_problems({**INPUTS, "options_absent": ["graph", "registry-mirror"]}) == []


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("registry_mirrors", "docker_registry_mirrors"),
        ("insecure_registries", "docker_insecure_registries"),
        ("options_absent", "docker_daemon_options_absent"),
        ("daemon_options", "docker_daemon_options"),
    ],
)
@pytest.mark.parametrize("value", ["https://mirror.example.com", 7, None])
def test_values_of_another_type(name: str, variable: str, value: Any) -> None:
    (problem,) = value_problems({**INPUTS, name: value})
    assert (problem.id, problem.place) == ("type-wrong", variable)
