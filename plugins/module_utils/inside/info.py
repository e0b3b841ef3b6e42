"""What a running Airflow reports about itself.

Only the database and the broker are queried. No DAG file is read here, so the answer is what Airflow's services have
found, not what this container would find.
"""

from __future__ import annotations

import os
from typing import Any

from .commands import Airflow
from .compat import existing_dags, find, has_deferred_slots, heartbeat_limit, state_name


def action_info(airflow: Airflow, request: dict[str, Any], report: dict[str, Any]) -> None:
    """Report each requested subset. A subset that fails is listed in ``failed`` with its reason; the others continue.

    Args:
        airflow: Runs Airflow's commands, and classifies errors.
        request: ``subset``, names; ``worker_timeout``, seconds to wait for answers of workers; ``worker_count``, the
            number of answers after which to stop waiting, 0 for no limit.
        report: Gets the answers by name, and ``failed``.
    """
    failed = report.setdefault("failed", {})
    for name in request["subset"]:
        airflow.complaints = ""
        try:
            report[name] = globals()[f"info_{name}"](airflow, request)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the reason is passed on
            failed[name] = airflow.describe(error)


def info_version(airflow: Airflow, _request: dict[str, Any]) -> str:
    """Return the release of Airflow."""
    return airflow.command("version").strip().split("\n")[-1]


def info_dags(_airflow: Airflow, _request: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the DAGs that the scheduler has found and that still exist."""
    from airflow.models import DagModel  # noqa: PLC0415 - only the container has Airflow

    return [
        {
            "dag_id": row.dag_id,
            "paused": bool(row.is_paused),
            "file": row.fileloc,
            "has_import_errors": bool(row.has_import_errors),
            "parsed": text_of(row.last_parsed_time),
            "next_run": text_of(row.next_dagrun_create_after),
        }
        for row in rows(DagModel, existing_dags(), DagModel.dag_id)
    ]


def info_import_errors(_airflow: Airflow, _request: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the files that the scheduler could not import."""
    from airflow.configuration import conf  # noqa: PLC0415

    model = find("ImportError")
    # From release 3 on Airflow names the files below their folder.
    folder = conf.get("core", "dags_folder")
    return [
        {
            "file": os.path.join(folder, row.filename),
            "error": (row.stacktrace or "").strip().split("\n")[-1],
            "stacktrace": row.stacktrace,
            "found": text_of(row.timestamp),
        }
        for row in rows(model, True, model.filename)
    ]


def info_connections(_airflow: Airflow, _request: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the ids and types of the connections; nothing else of them is read."""
    from airflow.models import Connection  # noqa: PLC0415
    from airflow.utils.session import create_session  # noqa: PLC0415

    with create_session() as session:
        found = session.query(Connection.conn_id, Connection.conn_type).order_by(Connection.conn_id).all()
    return [{"conn_id": conn_id, "conn_type": conn_type} for conn_id, conn_type in found]


def info_variables(_airflow: Airflow, _request: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the keys and descriptions of the variables; their values are not read."""
    from airflow.models import Variable  # noqa: PLC0415
    from airflow.utils.session import create_session  # noqa: PLC0415

    with create_session() as session:
        found = session.query(Variable.key, Variable.description).order_by(Variable.key).all()
    return [{"key": key, "description": description} for key, description in found]


def info_pools(_airflow: Airflow, _request: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the pools, with the number of their occupied slots."""
    from airflow.models.pool import Pool  # noqa: PLC0415

    stats = Pool.slots_stats()
    return [pool(row, stats[row.pool]) for row in rows(Pool, True, Pool.pool) if row.pool in stats]


def pool(row: Any, stats: dict[str, float]) -> dict[str, Any]:
    """Return one pool.

    Args:
        row: Its row.
        stats: Airflow's count of its slots.
    """
    fields = {"name": row.pool, "slots": row.slots, "description": row.description}
    taken = stats["running"] + stats["queued"]
    if has_deferred_slots(row):
        fields["include_deferred"] = row.include_deferred
        taken += stats["deferred"] if row.include_deferred else 0
    return {**fields, "occupied_slots": taken, "open_slots": None if row.slots == -1 else row.slots - taken}


def info_users(_airflow: Airflow, _request: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the users with the names of their roles; their passwords' hashes are not read."""
    from airflow.utils.session import create_session  # noqa: PLC0415

    user, role = find("User"), find("Role")
    found: dict[str, dict[str, Any]] = {}
    with create_session() as session:
        # Query columns, not objects: loading a user's roles would also load all of their permissions.
        columns = (user.username, user.email, user.first_name, user.last_name, user.active)
        for name, email, firstname, lastname, active in session.query(*columns).order_by(user.username):
            found[name] = {"username": name, "email": email, "firstname": firstname, "lastname": lastname}
            found[name].update(active=bool(active), roles=[])
        for name, role_name in session.query(user.username, role.name).join(user.roles).order_by(role.name):
            found[name]["roles"].append(role_name)
    return list(found.values())


def info_jobs(_airflow: Airflow, _request: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the latest job of each service that has jobs, by type and host.

    A job is alive by the rule of Airflow's own health page: its state is running, and its last heartbeat is younger
    than the threshold for its type.
    """
    from airflow.utils import timezone  # noqa: PLC0415
    from airflow.utils.session import create_session  # noqa: PLC0415

    job = find("Job")
    latest: dict[tuple[str, str], dict[str, Any]] = {}
    with create_session() as session:
        # Query columns, not objects: those need the classes of all job types. Tasks have jobs too, one row per try.
        query = session.query(job.job_type, job.hostname, job.state, job.latest_heartbeat)
        query = query.filter(job.job_type.in_(["SchedulerJob", "TriggererJob", "DagProcessorJob"]))
        for job_type, hostname, state, heartbeat in query.order_by(job.latest_heartbeat):
            age = (timezone.utcnow() - heartbeat).total_seconds()
            alive = state_name(state) == "running" and age < heartbeat_limit(job_type)
            latest[(job_type, hostname)] = {
                "job_type": job_type,
                "hostname": hostname,
                "alive": alive,
                "heartbeat_age": round(age, 1),
            }
    return [latest[key] for key in sorted(latest)]


def info_workers(_airflow: Airflow, request: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the Celery workers that answer, with their queues; none if the executor has no workers."""
    from airflow.configuration import conf  # noqa: PLC0415

    if "Celery" not in conf.get("core", "executor"):
        return []
    asked = find("celery_app").control.inspect(timeout=request["worker_timeout"], limit=request["worker_count"] or None)
    answers = asked.active_queues() or {}
    return [{"name": name, "queues": sorted(queue["name"] for queue in answers[name])} for name in sorted(answers)]


def rows(model: Any, condition: Any, order: Any) -> list[Any]:
    """Return the rows of a model, usable after the session is closed."""
    from airflow.utils.session import create_session  # noqa: PLC0415

    with create_session() as session:
        found: list[Any] = session.query(model).filter(condition).order_by(order).all()
        session.expunge_all()
    return found


def text_of(time: Any) -> str | None:
    """Return a time in ISO 8601, None if there is none."""
    return time.isoformat() if time else None
