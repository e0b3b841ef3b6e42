"""The role and Airflow accept every recipe in docs/airflow_objects.md."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.lab.names import REPO
from tests.objects.stack import Stack

if TYPE_CHECKING:
    from pathlib import Path

    from tests.objects.conftest import Playbook

PAGE = (REPO / "docs" / "airflow_objects.md").read_text(encoding="utf-8")


def recipes() -> dict[str, Any]:
    """All variables in the YAML blocks of the page; lists of the same variable are joined."""
    variables: dict[str, Any] = {}
    for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL):
        for name, value in yaml.safe_load(block).items():
            variables[name] = [*variables.get(name, []), *value] if isinstance(value, list) else value
    return variables


@pytest.mark.slow
def test_recipes(stack: Stack, playbook: Playbook, tmp_path: Path) -> None:
    given = recipes()
    for database in given["airflow_postgres_databases"]:
        (tmp_path / f"database_{database['name']}_password").write_text("p\n")
    (tmp_path / "admin_password").write_text("find-me admin\n")
    # The lab's image lacks providers of the official one.
    given |= {name: f"find-me {name} @" for name in re.findall(r"vault_\w+", PAGE)}
    given["airflow_connections_allow_unknown_types"] = True
    for count in (1, 0):
        run = playbook("seed_airflow_objects", **given)
        assert run.returncode == 0, run.stdout
        assert f"changed={count} " in run.stdout
        assert "find-me" not in run.stdout + run.stderr
    found = stack.exported()
    assert sorted(found) == sorted(entry["conn_id"] for entry in given["airflow_connections"])
    assert sorted(stack.users()) == sorted(["admin", *(entry["username"] for entry in given["airflow_users"])])
    assert found["partner_database"]["password"] == "find-me vault_partner_password @"
