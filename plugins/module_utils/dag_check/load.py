"""Loads the DAG files of a release in a throwaway container of the stack."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.compose import (
    Compose,
    ComposeError,
    run_within,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.dag_check.parse import parse_files

# Seconds that compose has to start and remove the container.
AROUND = 120


class NothingThereError(Exception):
    """There is no stack or no release yet."""


def load(options: Mapping[str, Any], docker: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Load all files.

    Args:
        options: Options of the module airflow_dag_check.
        docker: Path of the docker command, None if there is none.

    Returns:
        The compose definition, and what the action dags_check reported.

    Raises:
        NothingThereError: There is no stack or no release.
        ComposeError: Compose refuses the file, or the file has none of the services.
        InsideError: The container could not load the files.
    """
    if not docker or not os.path.exists(options["compose_file"]):
        raise NothingThereError(f"there is no stack yet ({options['compose_file']}).")
    compose = Compose(docker, options["compose_file"])
    definition = compose.definition()
    service = next((name for name in options["services"] if name in definition["services"]), None)
    if service is None:
        raise ComposeError(f"{options['compose_file']} has none of the services {', '.join(options['services'])}.")
    environment = {"AIRFLOW__CORE__DAGS_FOLDER": options["folder"]}
    if options["plugins_folder"]:
        environment["AIRFLOW__CORE__PLUGINS_FOLDER"] = options["plugins_folder"]
    with _with_image(compose, options, service) as changed, changed.throwaway(service, environment) as start:
        report = _parse(options, [*start, "python"], f"a container of service {service}")
    if not report["exists"]:
        folders = " or ".join(filter(None, [options["folder"], options["plugins_folder"]]))
        raise NothingThereError(f"there is no folder {folders} in the containers of the stack.")
    return definition, report


@contextlib.contextmanager
def _with_image(compose: Compose, options: Mapping[str, Any], service: str) -> Iterator[Compose]:
    """Provide the compose project, in which the service has the wanted image if there is one."""
    if not options["image"]:
        yield compose
        return
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump({"services": {service: {"image": options["image"]}}}, file)
        file.flush()
        yield Compose(compose.docker, options["compose_file"], file.name)


def _parse(options: Mapping[str, Any], python: Sequence[str], where: str) -> dict[str, Any]:
    def run(argv: list[str], data: str, **_: Any) -> tuple[int, str, str]:
        return run_within(argv, options["timeout"] + AROUND, data)

    return parse_files(
        run,
        python,
        where,
        timeout=options["timeout"],
        folder=options["folder"],
        limit=options["file_timeout"],
        jobs=options["jobs"],
        database=options["policy"],
        plugins=bool(options["plugins_folder"]),
        earlier=bool(options["image"]),
    )
