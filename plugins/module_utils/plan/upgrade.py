"""The upgrade of a database from its schema to that of another release: which releases migrate it, in order."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.options import numbers
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.release import unreadable
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.revisions import (
    accepts,
    head,
    introduced,
)

Dict = dict[str, Any]

# Tables that grow with each run. All releases know these names. Tasks and their XComs go with their run: on their own,
# the last run of a DAG, which stays, would lose its tasks, and a DAG with depends_on_past would wait for them for ever.
HISTORY = ("callback_request", "dag_run", "job", "log")
# Sections of airflow.cfg that a migration reads. FAB's tables are only migrated with its auth manager.
SECTIONS = ("core", "database")


def upgrade(revision: str, inputs: Mapping[str, Any], tables: Mapping[str, Any]) -> Dict:
    """Return how a database gets the schema of the wanted release.

    Args:
        revision: Revision of the database; empty if there is none, or if it does not answer.
        inputs: The public variables of role airflow: ``airflow_version``, ``airflow_image``,
            ``airflow_upgrade_history_days`` and ``airflow_postgres_external``.
        tables: ``releases``, the release table; ``schemas``, accepted releases by the revision of their schema;
            ``changes``, for each series what changes for people when a stack reaches it; and ``migrated``, release and
            revision of the last migration that a run recorded.

    Returns:
        ``problems``, sentences that explain why there is no way; ``steps``, the migrations, each with its ``release``,
        ``image``, ``command``, ``environment`` and the ``revision`` that it reaches, and ``cleans``, whether it
        deletes old history instead; ``revision``, that of the database; ``before``, the releases of the database's
        schema in words; ``release``, the one of them that is deployed; ``major``, whether the
        names that DAGs can use change; and ``lines``, the upgrade as people read it, with what changes for them.
    """
    version, releases = inputs["airflow_version"], tables["releases"]
    problems = _problems(revision, inputs, tables["schemas"])
    steps = [] if problems else [_step(release, inputs, releases) for release in route(revision, version, releases)]
    days = int(inputs["airflow_upgrade_history_days"])
    if steps and days:
        steps.insert(0, _cleaning(_release(revision, tables), revision, inputs, days))
    before = _named(revision, tables["schemas"])
    return {
        "problems": problems,
        "steps": steps,
        "revision": revision,
        "before": before,
        "release": _release(revision, tables),
        "major": bool(steps) and numbers(_release(revision, tables))[0] < numbers(version)[0],
        "lines": _lines(before, steps, _changes(revision, version, tables)) if steps else [],
    }


def _problems(revision: str, inputs: Mapping[str, Any], schemas: Mapping[str, Sequence[str]]) -> list[Finding]:
    """Return why a database cannot get the schema of a release."""
    if inputs["airflow_postgres_external"]:
        text = (
            "airflow_postgres_external is set, and only the stack's own Postgres can be upgraded or rehearsed. Restore "
            "a dump of that server into a test stack, and rehearse there; see docs/upgrade.md."
        )
        return [Finding("upgrade-external", "", text)]
    if not revision:
        text = (
            "no database of Airflow answers on the host of group airflow_postgres. Is Postgres running? On a new "
            "stack, there is nothing to upgrade: run site.yml."
        )
        return [Finding("upgrade-no-database", "", text)]
    return unreadable(revision, inputs["airflow_version"], schemas)


def route(revision: str, version: str, releases: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the releases that migrate a database, in order; none if it has the schema already.

    Args:
        revision: A known revision of the database, not later than that of the release.
        version: The release to reach.
        releases: The release table.
    """
    if revision == head(version):
        return []
    if accepts(version, revision):
        return [version]
    between = [
        str(row["tested"])
        for row in releases.values()
        if numbers(row["tested"]) < numbers(version)
        and accepts(row["tested"], revision)
        and accepts(version, head(row["tested"]))
    ]
    # The last one: it has the most corrections to its migrations.
    return [between[-1], version]


def _step(release: str, inputs: Mapping[str, Any], releases: Mapping[str, Mapping[str, Any]]) -> Dict:
    """Return one migration."""
    row = next(row for row in releases.values() if release in row["versions"])
    options = {section: row["config"].get(section, {}) for section in SECTIONS}
    return {
        "release": release,
        "image": _image(release, inputs),
        "command": row["migrate"],
        "cleans": False,
        "environment": {
            f"AIRFLOW__{section}__{option}".upper(): str(value)
            for section, found in options.items()
            for option, value in found.items()
        },
        "revision": head(release),
    }


def _cleaning(release: str, revision: str, inputs: Mapping[str, Any], days: int) -> Dict:
    """Return the deletion of history that is older than some days, by the release that runs."""
    oldest = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=days)
    options = f"--clean-before-timestamp {oldest:%Y-%m-%dT%H:%M:%S+00:00} --tables {','.join(HISTORY)}"
    return {
        "release": release,
        "image": _image(release, inputs),
        "command": f"airflow db clean {options} --skip-archive --yes",
        "cleans": True,
        "environment": {},
        "revision": revision,
    }


def _image(release: str, inputs: Mapping[str, Any]) -> str:
    """Return the image of another release, from the same registry."""
    return re.sub(r":[^:/]*$", f":{release}", str(inputs["airflow_image"]))


def _named(revision: str, schemas: Mapping[str, Sequence[str]]) -> str:
    """Return a revision in words."""
    if not revision:
        return ""
    return f"Airflow {' or '.join(schemas.get(revision, [])) or introduced(revision)} ({revision})"


def _release(revision: str, tables: Mapping[str, Any]) -> str:
    """Return the deployed release; the last one of the database's schema if no run has recorded it."""
    recorded = tables.get("migrated", {})
    if recorded.get("revision") == revision and recorded.get("version"):
        return str(recorded["version"])
    return str([introduced(revision), *tables["schemas"].get(revision, [])][-1]) if revision else ""


def _lines(before: str, steps: Sequence[Dict], changes: Sequence[str]) -> list[str]:
    """Return the upgrade as people read it."""
    ways = [
        f"Airflow {step['release']} deletes old history from the copy: {step['command']}"
        if step["cleans"]
        else f"Airflow {step['release']} migrates it to revision {step['revision']}."
        for step in steps
    ]
    return [f"The database has the schema of {before}.", *ways, *(f"Changes: {text}" for text in changes)]


def _changes(revision: str, version: str, tables: Mapping[str, Any]) -> list[str]:
    """Return what changes in the series after that of the database, up to that of a release."""
    first, last = numbers(_release(revision, tables))[:2], numbers(version)[:2]
    return [text for name, texts in tables["changes"].items() if first < numbers(name)[:2] <= last for text in texts]
