"""The text of airflow.cfg."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

# Seconds.
HOUR, DAY = 3600, 86400


def cfg(*layers: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the text of airflow.cfg.

    Airflow reads the file with configparser: ``%`` interpolates and is doubled here, a line break in a value is
    followed by an indent, and booleans and empty values are written as Airflow's own default file writes them.

    Args:
        layers: Options as dicts of sections, later ones win.

    Returns:
        The file's text, sections and options sorted.
    """
    merged: dict[str, dict[str, str]] = {}
    for layer in layers:
        for section, options in layer.items():
            target = merged.setdefault(str(section), {})
            target.update({str(option).lower(): _cfg_value(value) for option, value in options.items()})
    blocks = [
        "\n".join([f"[{section}]", *(f"{option} = {value}".rstrip() for option, value in sorted(options.items()))])
        for section, options in sorted(merged.items())
    ]
    return "\n\n".join(blocks) + "\n"


def _cfg_value(value: Any) -> str:
    """Return an option's value in the syntax of configparser."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value)
    # Airflow reads dictionaries, and lists of them, as JSON.
    if isinstance(value, Mapping) or (isinstance(value, (list, tuple)) and any(isinstance(i, Mapping) for i in value)):
        value = json.dumps(value)
    elif isinstance(value, (list, tuple)):
        value = ",".join(str(item) for item in value)
    return str(value).replace("%", "%%").replace("\n", "\n    ")


def settings(inputs: Mapping[str, Any], plan: Mapping[str, Any], plugins_release: str) -> dict[str, dict[str, Any]]:
    """Return the options of airflow.cfg that follow from the stack's variables, by section.

    Args:
        inputs: The public variables of role airflow that are set, by name.
        plan: The plan of the host.
        plugins_release: Name of the release of the plugins that the services read.
    """
    release = plan["release"]
    # The directory of the plugins' release, not a link to it: a running service never sees a mix of two releases.
    core = {"plugins_folder": f"/opt/airflow/plugins/releases/{plugins_release}"}
    if "execution-api" in release["services"]:
        # Tasks reach Airflow through this API instead of its database.
        server = "execution-api" if plan["spread"] else "webserver"
        core["execution_api_server_url"] = f"http://{server}:8080{plan['web_path']}/execution/"
    return {
        "core": core,
        "celery": {"worker_concurrency": inputs["airflow_worker_concurrency"]},
        "celery_broker_transport_options": {
            # Seconds after which Redis delivers an unfinished task again, so that it runs twice: longer than any task
            # should run, and than any worker may take to stop. Preflight refuses a lower value than the latter in
            # airflow_config.
            "visibility_timeout": max(DAY, plan["workers"]["grace"] + HOUR),
            # Without a timeout, a worker that lost Redis may wait for an answer for ever while it closes the
            # connection, and neither works nor exits.
            "socket_timeout": 30,
            "socket_connect_timeout": 10,
            "socket_keepalive": True,
        },
        # Section of the web server, whose name depends on the release.
        release["web_section"]: {"workers": inputs["airflow_web_workers"]},
    }
