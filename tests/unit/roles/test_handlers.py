"""Notified topics have handlers: Ansible itself only notices a missing one when a task has changed something."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.docker_daemon import RELOADABLE, plan

from tests.unit.plugins.daemon_json import INPUTS

if TYPE_CHECKING:
    from collections.abc import Iterator

ROLES = sorted(path for path in (Path(__file__).resolve().parents[3] / "roles").iterdir() if path.is_dir())
# The `notify` value of a task that takes its topics from Python.
FROM_PYTHON = "{{ __docker_daemon.notify }}"


def load(path: Path) -> list[dict[str, Any]]:
    """Tasks of a file; empty if the file does not exist."""
    return yaml.safe_load(path.read_text(encoding="utf-8")) or [] if path.exists() else []


def texts(value: Any) -> list[str]:
    """A string or a list of strings, as a list."""
    return [value] if isinstance(value, str) else list(value or ())


def flat(tasks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """All tasks, including those in blocks."""
    for task in tasks:
        yield task
        for part in ("block", "rescue", "always"):
            yield from flat(task.get(part) or [])


def notified(role: Path) -> set[str]:
    """Topics that the tasks of a role notify."""
    files = sorted((role / "tasks").glob("*.yml"))
    return {topic for file in files for task in flat(load(file)) for topic in texts(task.get("notify"))}


def listened(role: Path) -> set[str]:
    """Topics that the handlers of a role listen to."""
    handlers = flat(load(role / "handlers" / "main.yml"))
    return {topic for handler in handlers for topic in texts(handler.get("listen"))}


def returned() -> set[str]:
    """Topics that the plan of daemon.json can return: for an option that was added, changed or removed."""
    options = [*sorted(RELOADABLE), "bip", "log-driver"]
    before = {"", *(json.dumps({option: "old"}) for option in options)}
    inputs = [{**INPUTS, "daemon_options": {option: "new"}} for option in options]
    inputs += [{**INPUTS, "options_absent": [option]} for option in options]
    return {topic for text in before for wanted in inputs for topic in plan(text, wanted)["notify"]}


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_notified_topics_are_exactly_those_of_the_handlers(role: Path) -> None:
    topics = notified(role)
    if FROM_PYTHON in topics:
        topics = topics - {FROM_PYTHON} | returned()
    assert topics == listened(role)


def test_topics_returned_by_python_are_used_by_role_docker_only() -> None:
    assert returned() == {"docker_engine_reload", "docker_engine_restart"}
    assert [role.name for role in ROLES if FROM_PYTHON in notified(role)] == ["docker"]
