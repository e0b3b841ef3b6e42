"""Runs in an Airflow container, which has the clients and the addresses of the stack's database and Redis.

airflow-watch sends this file to `python -`, with a call of `main` at its end. It must run on Python 3.7.
"""

from __future__ import annotations

import json
import os
from typing import Any

SECRETS = "/run/secrets"
# As in files/stack_tries.py of role airflow_stack.
TRIES = "airflow-stack:task-containers"
SECONDS = 8


def secret(name: str) -> str:
    """Return the content of a mounted secret."""
    with open(f"{SECRETS}/{name}") as file:
        return file.read().strip()


def rows(instances: list[list[Any]]) -> list[list[Any]]:
    """Return the present try and state of task instances.

    Args:
        instances: Task instances, as lists of DAG, task, run and map index.

    Returns:
        The same lists with the try and the state appended. Instances that the database does not have are left out.
    """
    import psycopg2

    url = secret("sql_alchemy_conn").replace("postgresql+psycopg2://", "postgresql://", 1)
    connection = psycopg2.connect(url, connect_timeout=SECONDS)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = %s", (SECONDS * 1000,))
            cursor.execute(
                "SELECT dag_id, task_id, run_id, map_index, try_number, state FROM task_instance"
                " WHERE (dag_id, task_id, run_id, map_index) IN %s",
                (tuple({tuple(one) for one in instances}),),
            )
            return [list(row) for row in cursor.fetchall()]
    finally:
        connection.close()


def entered(remove: list[list[Any]], forget: str) -> list[list[Any]]:
    """Return the tries in Redis that may have a container on this host, after removing entries.

    Args:
        remove: Tries of this host, to remove.
        forget: Address of a host; all of its tries are removed. Empty for none.
    """
    from kombu import Connection

    host = os.environ["AIRFLOW_STACK_ADDRESS"]
    options = {"socket_connect_timeout": SECONDS, "socket_timeout": SECONDS}
    with Connection(secret("broker_url"), transport_options=options) as connection:
        client = connection.channel().client
        found = [(json.loads(name), name, address.decode()) for name, address in client.hgetall(TRIES).items()]
        gone = [name for one, name, at in found if at == forget or (at == host and one in remove)]
        if gone:
            client.hdel(TRIES, *gone)
        return [one for one, name, at in found if at == host and name not in gone]


def main(question: dict[str, Any]) -> None:
    """Print the answer to a question as JSON.

    Args:
        question: ``instances``, ``remove`` and ``forget``, as above.
    """
    tries: list[list[Any]] = []
    problem = ""
    if os.environ.get("AIRFLOW_STACK_ADDRESS"):
        try:
            tries = entered(question["remove"], question["forget"])
        except Exception as error:  # the database may answer nevertheless
            problem = repr(error)
    wanted = question["instances"] + [one[:4] for one in tries]
    print(json.dumps({"rows": rows(wanted) if wanted else [], "tries": tries, "problem": problem}))
