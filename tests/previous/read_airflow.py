"""Program for an Airflow container: print the content of Airflow's database and of the news database as JSON.

It uses Airflow's models and a connection, not names of databases and their users, which later code may change.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from airflow.models import Connection, DagModel, DagRun, Pool, TaskInstance, Variable, XCom
from airflow.providers.postgres.hooks.postgres import PostgresHook
from airflow.utils.session import create_session
from sqlalchemy import text

NEWS = "SELECT coalesce(md5(string_agg(r::text, chr(10) ORDER BY r::text)), '') || ' in ' || count(*) FROM {} r"
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"


def secret(value: object) -> str:
    """Return a digest, because secret values are only compared and must not be shown."""
    return hashlib.sha256(str(value).encode()).hexdigest()


def airflow(session: Any) -> dict[str, dict[str, Any]]:
    """Return the objects in Airflow's database by kind and name."""
    runs = session.query(DagRun.dag_id, DagRun.run_id, DagRun.state).all()
    tasks = session.query(TaskInstance.dag_id, TaskInstance.run_id, TaskInstance.task_id, TaskInstance.state).all()
    xcoms = session.query(XCom.dag_id, XCom.run_id, XCom.task_id, XCom.key, XCom.value).all()
    users = session.execute(
        text(
            "SELECT username, email, password, (SELECT string_agg(name, ',' ORDER BY name) FROM ab_role r"
            " JOIN ab_user_role x ON x.role_id = r.id WHERE x.user_id = u.id) FROM ab_user u"
        )
    )
    return {
        "connections": {row.conn_id: secret(row.get_uri()) for row in session.query(Connection)},
        "variables": {row.key: secret(row.val) for row in session.query(Variable)},
        "pools": {row.pool: row.slots for row in session.query(Pool)},
        "users": {name: [email, secret(password), roles] for name, email, password, roles in users},
        "paused": {row.dag_id: row.is_paused for row in session.query(DagModel)},
        "runs": {f"{dag} {run}": str(state) for dag, run, state in runs},
        "tasks": {f"{dag} {run} {task}": str(state) for dag, run, task, state in tasks},
        "xcoms": {"{} {} {} {}".format(*row[:4]): secret(row[4]) for row in xcoms},
    }


def news() -> dict[str, str]:
    """Return a digest of the rows of each table in the database of the connection `postgres_default`."""
    hook = PostgresHook(postgres_conn_id="postgres_default")
    return {name: hook.get_first(NEWS.format('"' + name + '"'))[0] for (name,) in hook.get_records(TABLES)}


with create_session() as session:
    found = airflow(session)
print(json.dumps({**found, "news": news()}))
