"""DAGs that rest until a migrated stack has proved itself.

A scheduler fails tasks whose DAG it does not know yet, and lets those of paused DAGs wait.
"""

from __future__ import annotations

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres import Server

# The table is in the migrated database, so it can neither get lost nor be that of another database.
# Messages of queued tasks are gone, so the scheduler has to queue them again.
BEGIN = """
BEGIN;
CREATE TABLE public.airflow_upgrade_paused AS SELECT dag_id FROM dag WHERE NOT is_paused;
UPDATE dag SET is_paused = true WHERE dag_id <> 'airflow_upgrade_smoke';
UPDATE task_instance SET state = NULL WHERE state IN ('scheduled', 'queued');
COMMIT;
"""
END = """
BEGIN;
UPDATE dag SET is_paused = false WHERE dag_id IN (SELECT dag_id FROM public.airflow_upgrade_paused);
DROP TABLE public.airflow_upgrade_paused;
COMMIT;
"""
BEGUN = "SELECT to_regclass('public.airflow_upgrade_paused') IS NOT NULL"


def begin(server: Server, database: str) -> None:
    """Pause all DAGs of a database but that of the smoke test, and record in it which of them were not.

    It does nothing if they rest already.

    Raises:
        PostgresError: The server does not answer.
    """
    if server.ask(BEGUN, database) != ["t"]:
        server.ask(BEGIN, database)


def end(server: Server, database: str) -> bool:
    """End the pause of the DAGs that were not paused before, and return whether there was one.

    Raises:
        PostgresError: The server does not answer.
    """
    if server.ask(BEGUN, database) != ["t"]:
        return False
    server.ask(END, database)
    return True
