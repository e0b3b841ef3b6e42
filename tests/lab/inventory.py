"""The Ansible inventory of a lab instance."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.lab.names import FEEDS_NAME, FEEDS_PORT, REGISTRY_NAME, REGISTRY_PORT
from tests.lab.platforms import Platform

HEADER = "# Written by tests/lab; every `up` overwrites it.\n"


class _Dumper(yaml.SafeDumper):
    """YAML dumper that writes multi-line texts, such as certificates, as blocks."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)


def variables(certificates: Mapping[str, str], source: str, *, feeds: bool) -> dict[str, Any]:
    """Inventory variables of all hosts of the lab."""
    found: dict[str, Any] = {
        "docker_registry_mirrors": [f"http://{REGISTRY_NAME}:{REGISTRY_PORT}"],
        "docker_ca_certificates": [{"name": name, "content": text} for name, text in certificates.items()],
        "lab_image_source": source,
    }
    if feeds:
        found["lab_feeds_url"] = f"http://{FEEDS_NAME}:{FEEDS_PORT}"
    return found


def connection(directory: Path, address: str, container: str) -> dict[str, str]:
    """Connection variables of one host; its host key is pinned before the first connection."""
    options = f"-o UserKnownHostsFile={directory / 'known_hosts'} -o GlobalKnownHostsFile=/dev/null"
    return {
        "ansible_host": address,
        "ansible_user": "admin",
        "ansible_ssh_private_key_file": str(directory / "id_ed25519"),
        "ansible_ssh_common_args": f"-F none {options} -o StrictHostKeyChecking=yes -o IdentitiesOnly=yes",
        "ansible_python_interpreter": "/usr/bin/python3",
        "airflow_private_address": address,
        "lab_container": container,
    }


def render(platforms: list[Platform], hosts: Mapping[str, Mapping[str, str]], shared: Mapping[str, Any]) -> str:
    """Inventory as YAML: hosts with their connection variables, groups with their hosts."""
    groups: dict[str, Any] = {}
    own = {platform.name: platform.variables for platform in platforms}
    hosts = {name: {**values, **own[name]} for name, values in hosts.items()}
    for platform in platforms:
        for group in platform.groups if platform.name in hosts else ():
            groups.setdefault(group, {"hosts": {}})["hosts"][platform.name] = {}
    document = {"all": {"hosts": {name: dict(values) for name, values in hosts.items()}, "vars": dict(shared)}}
    if groups:
        document["all"]["children"] = groups
    return HEADER + yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=120)
