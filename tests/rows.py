"""`python -m tests.rows`: render the stack of each release table row into tests/unit/roles/rows/.

tests/unit/roles/test_rows.py compares these files, so the diff shows all effects of a change to rows or shared values.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar, trust_as_template
from ansible.utils.collection_loader import AnsibleCollectionConfig

from tests import tables

ROOT = Path(__file__).resolve().parents[1]
ROWS = ROOT / "tests" / "unit" / "roles" / "rows"
ROLES = ROOT / "roles"
# Names of the secret files of the services.
SECRETS = (
    *("postgres_password", "redis_password", "redis_conf", "sql_alchemy_conn", "result_backend", "broker_url"),
    *("fernet_key", "webserver_secret_key", "jwt_secret", "ca_certificate", "postgres_hba"),
    *("postgres_key", "postgres_certificate", "redis_key", "redis_certificate"),
)


class Dumper(yaml.SafeDumper):
    """YAML dumper that writes multi-line texts as blocks."""


Dumper.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None),
)


def variables(loader: DataLoader) -> dict[str, Any]:
    """Variables of role airflow and of the roles that deploy a stack, as Ansible loads them."""
    found: dict[str, Any] = {}
    files = sorted((ROLES / "airflow" / "defaults" / "main").glob("*.yml"))
    for role in ("airflow", "airflow_secrets", "airflow_watch", "airflow_stack"):
        files += sorted((ROLES / role / "vars" / "main").glob("*.yml"))
    for path in files:
        found |= loader.load_from_file(str(path), trusted_as_template=True)
    return found


def known(version: str, *, several: bool) -> Templar:
    """Return a templar with the roles' variables for a stack's first host. It runs all services.

    Args:
        version: The Airflow release.
        several: Whether the stack has two hosts instead of one.
    """
    loader = DataLoader()
    loader.set_basedir(str(ROLES / "airflow_stack"))
    found = variables(loader)
    spec = tables.load(ROLES / "airflow" / "meta" / "argument_specs.yml")["argument_specs"]
    hosts = ["one", "two"] if several else ["one"]
    groups = tables.service_groups()
    found |= {
        "airflow_version": version,
        "inventory_hostname": "one",
        "groups": {"airflow": hosts, **{group: ["one"] for group in groups}},
        "group_names": ["airflow", *groups],
        "hostvars": {host: {} for host in hosts},
        "ansible_play_hosts": hosts,
        "ansible_play_hosts_all": hosts,
        "playbook_dir": str(ROOT / "playbooks"),
        "role_path": str(ROLES / "airflow_stack"),
        # Results that preflight registers, and the plan with the keys that its second step adds.
        "__airflow_spec": spec["preflight"]["options"],
        "__airflow_members": {
            "addresses": {"one": "192.0.2.1", "two": "192.0.2.2"} if several else {"one": ""},
            "queues": {"one": ["default"]},
            "slots": {"one": 16},
            "grace_periods": {"one": 600},
            "shared": {},
        },
        "__airflow_migrated_file": {},
        "airflow_plan": trust_as_template("{{ __airflow_plan | combine({'images': [airflow_image]}) }}"),
        "airflow_found": {
            "engine_usable": True,
            "docker_gid": "999",
            "network_mtu": "",
            "current": {"dags": "", "plugins": ""},
            "images": [],
        },
        "airflow_secrets_settled": {"contents": dict.fromkeys(SECRETS, "secret")},
        "__airflow_stack_plugins": {},
    }
    return Templar(loader=loader, variables=found)


def value(templar: Templar, name: str) -> Any:
    """Return the templated value of a variable."""
    return templar.template(trust_as_template(f"{{{{ {name} }}}}"))


def render(version: str, *, several: bool) -> dict[str, Any]:
    """Return the compose definition and airflow.cfg of a release.

    Args:
        version: The Airflow release.
        several: Whether the stack has two hosts instead of one. The first runs all services.

    Returns:
        `compose`, without the labels, which are digests of file contents, and `airflow.cfg`, as text.
    """
    templar = known(version, several=several)
    compose, text = (value(templar, name) for name in ("__airflow_stack_definition", "__airflow_stack_cfg"))
    services = {name: {k: v for k, v in row.items() if k != "labels"} for name, row in compose["services"].items()}
    return {"compose": {**compose, "services": services}, "airflow.cfg": str(text)}


def use_collections() -> None:
    """Set up this process to import collections like Ansible does.

    Call it before any import from `ansible_collections`: Python's own importer and Ansible's cannot be mixed.
    """
    if AnsibleCollectionConfig.collection_finder is None:
        init_plugin_loader([str(ROOT / "collections")])


@cache
def prepare() -> dict[str, str]:
    """Make the collection's filters available to Ansible, and return the tested release of each series."""
    use_collections()
    return {series: row["tested"] for series, row in tables.releases().items()}


def text(version: str) -> str:
    """Content of the file for a release."""
    both = {"single": render(version, several=False), "several": render(version, several=True)}
    # Ansible's values carry their origin; only plain values can be dumped.
    return yaml.dump(plain(both), Dumper=Dumper, sort_keys=False, allow_unicode=True, width=120)


def plain(value: Any) -> Any:
    """Convert a value of Ansible's types to Python's own types."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value


def main() -> int:
    """Run as a program."""
    ROWS.mkdir(exist_ok=True)
    for series, version in prepare().items():
        (ROWS / f"{series}.yml").write_text(text(version), encoding="utf-8")
        print(f"written: tests/unit/roles/rows/{series}.yml")
    return 0


if __name__ == "__main__":
    sys.exit(main())
