"""Checks of the settings of alerts. No text contains a URL: it is a secret."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.formats import url

ALERT, COMMAND = "airflow_watch_alert", "airflow_watch_alert.command"


def watch_problems(inputs: Mapping[str, Any]) -> list[Finding]:
    """Return what is wrong with ``airflow_watch_alert`` and ``airflow_watch_heartbeat_url``.

    Args:
        inputs: The public variables of role airflow that are set, by name.
    """
    heartbeat = inputs["airflow_watch_heartbeat_url"]
    return [
        *_alert(inputs["airflow_watch_alert"]),
        *(url("airflow_watch_heartbeat_url", heartbeat) if heartbeat else []),
    ]


def _alert(alert: Any) -> list[Finding]:
    """Return what is wrong with ``airflow_watch_alert``."""
    if not isinstance(alert, Mapping) or set(alert) - {"command", "url"}:
        text = "write {command: [PROGRAM, ARGUMENT, ...]} or {url: 'https://...'}."
        return [Finding("alert-invalid", ALERT, text)]
    if len(alert) > 1:
        text = "has a command and a URL; write one of them. A command can call both."
        return [Finding("alert-twice", ALERT, text)]
    if "url" in alert:
        return url(f"{ALERT}.url", alert["url"])
    return _command(alert["command"]) if alert else []


def _command(words: Any) -> list[Finding]:
    """Return what is wrong with the command."""
    if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
        text = "write a list of words, such as [/usr/local/sbin/page-me, --team, data]."
        return [Finding("command-invalid", COMMAND, text)]
    if not words[0].startswith("/"):
        # The rest of a whole command in one word can be a secret.
        text = (
            f"{words[0].split()[0] if words[0].strip() else 'the first word'} must begin with /; write the full path "
            "of the program on the hosts, and each argument as a word of its own. It runs without a shell."
        )
        return [Finding("path-relative", COMMAND, text)]
    return []
