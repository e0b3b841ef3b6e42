"""Few files contain knowledge of connections, so a change of their fields touches few files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
MOST = 14
# Keys that only connections have, and names for this kind of object.
KNOWS = re.compile(
    r"\b(conn_id|conn_type|stack_database|airflow_connections?(_\w+)?|ConnectionKind|info_connections)\b"
    r"|[\"']connections[\"']|^ *(# )?connections:|V\(connections\)|import connections|connections, variables",
    re.MULTILINE,
)
# Files that process connections on the way from the inventory to Airflow, and back.
PATH = {
    "plugins/filter/airflow_objects_resolved.yml",
    "plugins/module_utils/inside/connections.py",
    "plugins/module_utils/inside/info.py",
    "plugins/module_utils/objects/connections.py",
    "plugins/module_utils/objects/databases.py",
    "plugins/module_utils/objects/kinds.py",
    "plugins/module_utils/objects/wanted.py",
    "plugins/modules/airflow_connections.py",
    "plugins/modules/airflow_info.py",
    "plugins/modules/airflow_objects.py",
    "roles/airflow/defaults/main/objects.yml",
    "roles/airflow/meta/argument_specs.yml",
    "roles/airflow_objects/tasks/objects.yml",
    "roles/airflow_objects/vars/main/derived.yml",
}
# Files about other subjects: ids used in DAGs, encrypted columns, a hint in an error, values that differ between hosts.
OTHERS = {
    "plugins/module_utils/dag_check/finders.py",
    "plugins/module_utils/dag_check/host_facts.py",
    "plugins/module_utils/dag_check/policy.py",
    "plugins/module_utils/dag_check/rules.py",
    "plugins/module_utils/dag_check/verdict.py",
    "plugins/module_utils/inside/dags/check.py",
    "plugins/module_utils/inside/dags/earlier.py",
    "plugins/module_utils/inside/dags/facts.py",
    "plugins/module_utils/inside/encryption.py",
    "plugins/module_utils/plan/problems/agreement.py",
    "plugins/module_utils/plan/problems/servers.py",
    "plugins/module_utils/upgrade/providers.py",
    "plugins/modules/airflow_dag_check.py",
    "plugins/modules/airflow_encryption.py",
    "roles/airflow_dags/tasks/receive.yml",
}


def test_few_files_contain_knowledge_of_connections() -> None:
    files = [path for top in ("plugins", "roles", "playbooks") for path in (ROOT / top).rglob("*.*")]
    sources = [path for path in files if path.suffix in (".py", ".yml", ".j2", ".sh")]
    found = [str(path.relative_to(ROOT)) for path in sources if KNOWS.search(path.read_text(encoding="utf-8"))]
    assert set(found) == PATH | OTHERS
    assert len(PATH) <= MOST


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("conn_id: x", True),
        ("{{ airflow_connections_purge }}", True),
        ("    connections: []", True),
        ('lists["connections"]', True),
        ("__airflow_stack_databases", False),
        ("refuses connections of others", False),
    ],
)
def test_what_counts_as_knowledge_of_connections(text: str, known: bool) -> None:
    assert bool(KNOWS.search(text)) is known
