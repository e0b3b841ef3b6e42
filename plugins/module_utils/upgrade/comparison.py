"""Which rows of Airflow's database an upgrade must keep."""

from __future__ import annotations

from collections.abc import Mapping

# Tables whose rows survive each migration from 2.0 to 3.3, and the table that has rows which a migration sets aside.
# Others are dropped, or Airflow fills them again: serialized DAGs, import errors, failures, rendered fields.
KEPT = {
    "connection": "",
    "variable": "",
    "slot_pool": "",
    "ab_user": "",
    "ab_role": "",
    "ab_user_role": "",
    "ab_permission_view_role": "",
    "dag": "",
    "dag_run": "",
    "task_instance": "",
    "dag_run_note": "",
    "task_instance_note": "",
    "log": "",
    # Pickled values, which Airflow 3 does not read.
    "xcom": "_xcom_archive",
}
SCHEMA = "public"


def deleted(before: Mapping[str, int], after: Mapping[str, int]) -> str:
    """Return how many rows a deletion of old history has left, in words.

    Args:
        before: Rows by table, with its schema, before it.
        after: The same afterwards.
    """
    pairs = {table: (before.get(f"{SCHEMA}.{table}", 0), after.get(f"{SCHEMA}.{table}", 0)) for table in KEPT}
    texts = [f"{has} of {had} rows of {table}" for table, (had, has) in pairs.items() if had != has]
    return f"Deleting old history left {', '.join(texts)}." if texts else "There was no old history to delete."


def lost(before: Mapping[str, int], after: Mapping[str, int]) -> list[str]:
    """Return which tables have fewer rows than before, one sentence each.

    Args:
        before: Rows by table, with its schema, before the migrations.
        after: The same afterwards.
    """
    problems = []
    for table, aside in KEPT.items():
        had = before.get(f"{SCHEMA}.{table}", 0)
        has = after.get(f"{SCHEMA}.{table}", 0) + after.get(f"{SCHEMA}.{aside}", 0)
        if has < had:
            moved = sorted(name for name in after if "_airflow_moved__" in name and name.endswith(f"__{table}"))
            where = f"; see {', '.join(moved)}" if moved else ""
            problems.append(f"{table} has {has} rows, and had {had}{where}.")
    return problems
