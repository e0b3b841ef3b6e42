"""Statements that fill the database of an Airflow 2.5 with what years of use leave there."""

from __future__ import annotations

# Runs of each DAG by state, tasks of each run: 20 DAGs, so 20,000 runs and 200,000 task instances in the large form.
LARGE, SMALL = (1000, 10), (20, 5)
DAGS = 20
# Values of XComs that a later release reads in another way: JSON that Postgres' type does not accept, and pickles.
XCOMS = {
    "plain": """convert_to('{"rows": 7}', 'UTF8')""",
    "not_a_number": "convert_to('{\"mean\": NaN}', 'UTF8')",
    "zero_byte": r"""convert_to('"a\u0000b"', 'UTF8')""",
    "pickled": r"'\x80049506000000000000005d94284b014b0265 2e'::bytea",
}


def statements(runs: int, tasks: int) -> str:
    """Return the statements.

    Args:
        runs: Number of runs of each DAG.
        tasks: Number of tasks of each run.
    """
    xcoms = "\n".join(
        f"""
        INSERT INTO xcom (dag_run_id, task_id, map_index, key, dag_id, run_id, value, timestamp)
        SELECT id, 'task_1', -1, '{key}', dag_id, run_id, {value}, start_date FROM dag_run
        WHERE dag_id LIKE 'history\\_%' AND id % 10 = 0;"""  # noqa: S608 - our own texts
        for key, value in XCOMS.items()
    )
    return rf"""
    BEGIN;
    INSERT INTO dag (dag_id, is_paused, is_subdag, is_active, fileloc, owners, timetable_description, max_active_tasks,
                     has_task_concurrency_limits, schedule_interval)
    SELECT 'history_' || d, true, false, false, '/opt/airflow/dags/history.py', 'people', 'daily', 16, false, '"@daily"'
    FROM generate_series(1, {DAGS}) AS d;
    INSERT INTO dag_run (dag_id, run_id, execution_date, start_date, end_date, state, run_type, external_trigger,
                         data_interval_start, data_interval_end, conf)
    SELECT 'history_' || d, 'scheduled__' || r, day, day, day + interval '1 hour',
           CASE WHEN r % 50 = 0 THEN 'failed' ELSE 'success' END, 'scheduled', false, day, day + interval '1 day',
           -- An empty dictionary, pickled.
           '\x80057d942e'::bytea
    FROM generate_series(1, {DAGS}) AS d, generate_series(1, {runs}) AS r,
         LATERAL (SELECT timestamptz '2020-01-01' + r * interval '1 day' AS day) AS days;
    INSERT INTO task_instance (dag_id, task_id, run_id, map_index, start_date, end_date, duration, state, try_number,
                               max_tries, hostname, unixname, pool, pool_slots, queue, priority_weight, operator)
    SELECT dag_id, 'task_' || t, run_id, -1, start_date, end_date, 3600, state, 1, 2, 'worker', 'airflow', 'narrow', 1,
           'default', 1, 'DockerOperator'
    FROM dag_run, generate_series(1, {tasks}) AS t WHERE dag_id LIKE 'history\_%';
    {xcoms}
    INSERT INTO dag_run_note (dag_run_id, content, created_at, updated_at)
    SELECT id, 'checked by Ann: ' || run_id, now(), now() FROM dag_run WHERE dag_id = 'history_1' AND state = 'failed';
    -- A deferred task, whose trigger waits for years.
    INSERT INTO trigger (classpath, kwargs, created_date) VALUES (
      'airflow.triggers.temporal.DateTimeTrigger',
      '{{"__var": {{"moment": {{"__var": 4102444800.0, "__type": "datetime"}}}}, "__type": "dict"}}', now());
    UPDATE task_instance SET state = 'deferred', trigger_id = (SELECT max(id) FROM trigger)
    WHERE dag_id = 'history_1' AND run_id = 'scheduled__1' AND task_id = 'task_1';
    INSERT INTO log (dttm, dag_id, event, owner, extra)
    SELECT start_date, dag_id, 'trigger', 'ann', run_id FROM dag_run WHERE dag_id LIKE 'history\_%';
    COMMIT;
    ANALYZE;
    """  # noqa: S608 - our own texts
