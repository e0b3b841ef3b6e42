"""Every list of services or of their groups agrees with the service table of role airflow."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.airflow import SERVICES
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.capacity import MEMORY
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.compose import TABLE_WORDS
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.placement import SINGLE
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.verification import JOBS

from tests import rows, tables

ROOT = Path(__file__).resolve().parents[3]
TABLE = tables.services()
GROUPS = tables.groups()
# Services that run Airflow, and those of them that run all the time.
AIRFLOW = {name for name, row in TABLE.items() if row.get("airflow")}
RUNNING = AIRFLOW & set(GROUPS)

# Files that may list services, each with the test or the reason. No other file may.
LISTS = {
    "roles/airflow/vars/main/services.yml": "the table",
    "roles/airflow/vars/main/releases_2.yml": "test_a_release_has_services_of_the_table",
    "roles/airflow/vars/main/releases_3.yml": "test_a_release_has_services_of_the_table",
    "plugins/module_utils/containers/airflow.py": "test_modules_run_commands_in_the_services_of_the_table",
    "plugins/module_utils/plan/capacity.py": "test_every_service_that_runs_has_a_memory",
    "plugins/doc_fragments/airflow_container.py": "Ansible's validate-modules compares it with the argument spec",
    "plugins/modules/airflow_dag_check.py": "Ansible's validate-modules compares it with the argument spec",
    "playbooks/rollback_airflow_dags.yml": "test_the_dags_reach_every_host_that_runs_airflow",
    "playbooks/sync_airflow_dags.yml": "test_the_dags_reach_every_host_that_runs_airflow",
    "tests/bench/idle.py": "health checks of Airflow's own compose file; the benchmark fails if a service has none",
    "inventories/single_host/hosts.yml": "tests/unit/test_inventories.py",
    "inventories/remote_host.example/hosts.yml": "tests/unit/test_inventories.py",
    "inventories/multi_host.example/hosts.yml": "tests/unit/test_inventories.py",
    "tests/inventory/hosts.yml": "test_the_inventory_of_the_tests_has_every_group",
    "molecule/cluster/molecule.yml": "test_the_cluster_has_every_group",
    "molecule/survival/molecule.yml": "site.yml rejects hosts without a group that a service needs",
    "docs/many_hosts.md": "test_the_page_on_several_hosts_names_every_group",
    "docs/releases.md": "`make docs` writes it",
    "README.md": "a drawing of what lands on one host",
    "tests/watch/test_services.py": "a fault for each of five services",
}
# MANY services within NEAR lines count as a list of services.
MANY, NEAR = 5, 7


def load(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def sources() -> Iterator[tuple[str, list[str]]]:
    """Lines of every text file that could list services, except tests/unit, which has its own examples."""
    argv = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(argv, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    left_out = ("requirements/", "tests/unit/", "changelogs/", "docs/adding_a_service.md")
    for name in names:
        path = ROOT / name
        if not name.startswith(left_out) and path.suffix in {".py", ".yml", ".md", ".sh", ".j2"} and path.is_file():
            yield name, path.read_text(encoding="utf-8").splitlines()


def most_named(lines: list[str]) -> int:
    """Largest number of services named within a few lines, as words in a list and not in a sentence."""
    words = "|".join(re.escape(name).replace(r"\-", "[-_]") for name in GROUPS)
    name = re.compile(rf"(?<![\w./`-])(?:airflow_)?({words})(?![\w./`-])")
    found = [{match.replace("_", "-") for match in name.findall(line)} for line in lines]
    return max((len(set().union(*found[at : at + NEAR])) for at in range(len(found))), default=0)


def test_no_other_file_lists_the_services() -> None:
    named = {name: most_named(lines) for name, lines in sources()}
    assert sorted(name for name, count in named.items() if count >= MANY and name not in LISTS) == []


def test_every_service_that_runs_has_a_memory() -> None:
    assert set(MEMORY) == set(GROUPS)


def test_every_listed_file_and_its_test_exist() -> None:
    for name, held_by in LISTS.items():
        assert (ROOT / name).is_file(), name
        assert not held_by.startswith("test_") or held_by in globals(), held_by


@pytest.mark.parametrize("text", ["a: [postgres, redis, scheduler, worker, triggerer]", "\n".join(GROUPS.values())])
def test_a_deliberate_list_is_found(text: str) -> None:
    assert most_named(text.splitlines()) >= MANY


def test_rows_have_known_keys_and_a_placement() -> None:
    for name, row in TABLE.items():
        assert set(row) <= set(TABLE_WORDS), name
        assert ("group" in row) is not ("beside" in row), name
        assert set(row.get("beside", [])) <= set(GROUPS), name


def definitions_of_the_stack() -> dict[str, Any]:
    """Compose definitions that role airflow_stack adds to the rows."""
    where = {"backing": "__airflow_stack_backing_services", "services": "__airflow_stack_airflow_services"}
    return {
        name: words
        for file, variable in where.items()
        for name, words in load(f"roles/airflow_stack/vars/main/{file}.yml")[variable].items()
    }


def test_definitions_match_the_service_table() -> None:
    definitions = definitions_of_the_stack()
    assert [name for name in TABLE if name in definitions] == list(definitions)
    # Services without a definition run Airflow all the time, so the release table has their command.
    assert set(TABLE) - set(definitions) <= RUNNING
    assert {name for name, words in definitions.items() if "profiles" in words} == set(TABLE) - set(GROUPS)


def test_services_that_run_airflow_have_unique_ranks() -> None:
    ranks = [TABLE[name].get("commands") for name in RUNNING]
    assert sorted(ranks) == list(range(1, len(RUNNING) + 1))


def test_modules_run_commands_in_the_services_of_the_table() -> None:
    assert list(SERVICES) == tables.commands()


def test_the_command_line_is_on_every_host_that_runs_airflow() -> None:
    placed = {GROUPS[name] for name in TABLE["cli"]["beside"]}
    assert placed == {GROUPS[name] for name in RUNNING}


@pytest.mark.parametrize("series", tables.releases())
def test_a_release_has_services_of_the_table(series: str) -> None:
    services = tables.releases()[series]["services"]
    assert [name for name in TABLE if name in services] == list(services)
    assert set(services) <= RUNNING


def test_verification_knows_the_jobs_of_all_releases() -> None:
    healths = [(name, row["health"]) for found in tables.releases().values() for name, row in found["services"].items()]
    assert {name: health[1] for name, health in healths if health[0] == "job"} == JOBS


@pytest.mark.parametrize("name", ["sync_airflow_dags", "rollback_airflow_dags"])
def test_the_dags_reach_every_host_that_runs_airflow(name: str) -> None:
    plays = [play["hosts"].split(":") for play in load(f"playbooks/{name}.yml") if "hosts" in play]
    assert plays
    assert all(set(play) == {GROUPS[name] for name in RUNNING} for play in plays)


def test_the_inventory_of_the_tests_has_every_group() -> None:
    assert list(load("tests/inventory/hosts.yml")["airflow"]["children"]) == tables.service_groups()


def test_the_cluster_has_every_group() -> None:
    groups = [group for row in load("molecule/cluster/molecule.yml")["platforms"] for group in row.get("groups", [])]
    assert set(groups) == set(GROUPS.values())


def test_the_page_on_several_hosts_names_every_group() -> None:
    text = (ROOT / "docs" / "many_hosts.md").read_text(encoding="utf-8")
    rows_of_table = "".join(line for line in text.splitlines() if line.startswith("| `airflow_"))
    assert set(re.findall(r"`(airflow_\w+)`", rows_of_table)) == set(GROUPS.values())


def test_an_external_server_is_not_a_service_of_the_stack() -> None:
    templar = rows.known("2.5.3", several=False)
    server = {"host": "db.example.com", "port": 5433}
    templar.available_variables = {**templar.available_variables, "airflow_postgres_external": server}
    services = rows.plain(rows.value(templar, "airflow_plan['services']"))
    assert services["external"] == {"postgres": server}
    assert "postgres" not in services["groups"]
    assert "postgres" not in rows.value(templar, "__airflow_stack_definition")["services"]


def test_the_command_airflow_tries_services_in_the_order_of_their_ranks() -> None:
    templar = rows.known("3.3.2", several=False)
    text = (ROOT / "roles/airflow_stack/templates/airflow.sh.j2").read_text(encoding="utf-8")
    (line,) = [line for line in text.splitlines() if line.startswith("for service in")]
    (expression,) = re.findall(r"{{ (.+?) }}", line)
    assert rows.value(templar, expression).split() == tables.commands()


def test_every_service_of_airflow_is_in_a_release() -> None:
    assert {name for found in tables.releases().values() for name in found["services"]} == RUNNING


def test_services_with_data_are_single_and_stay_on_their_host() -> None:
    definitions = definitions_of_the_stack()
    with_data = [name for name, words in definitions.items() if "data_volumes" in words]
    assert with_data == list(SINGLE)
    # playbooks/remove_airflow.yml requires confirmation before it removes these volumes.
    left = load("roles/airflow_stack/vars/main/left.yml")["__airflow_stack_data_volumes"]
    assert left == [volume for name in with_data for volume in definitions[name]["data_volumes"]]


def test_the_firewall_guards_every_port_between_hosts() -> None:
    definitions = definitions_of_the_stack()
    ports = [port for words in definitions.values() for port in words.get("internal_ports", [])]
    for version in tables.tested():
        logs = {row["log_port"] for row in tables.row(version)["services"].values() if "log_port" in row}
        published = rows.plain(rows.value(rows.known(version, several=True), "airflow_plan['published']"))
        guarded = {int(port) for found in published.values() for port in found}
        assert sorted(guarded) == sorted([*ports, *logs])


def test_a_rollback_switches_hosts_as_a_sync_does() -> None:
    """Workers first, so that they have the new DAGs before the scheduler starts tasks from them."""
    assert load("roles/airflow_dags/tasks/rollback.yml")[-1]["ansible.builtin.import_tasks"] == "switch.yml"
    switch = load("roles/airflow_dags/tasks/switch.yml")
    assert [(task["ansible.builtin.include_tasks"], task["when"]) for task in switch] == [
        ("link.yml", "inventory_hostname in groups['airflow_worker']"),
        ("link.yml", "inventory_hostname not in groups['airflow_worker']"),
        ("refresh.yml", "inventory_hostname == __airflow_dags_first_scheduler"),
    ]
