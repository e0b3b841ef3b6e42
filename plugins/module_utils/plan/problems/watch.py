"""Checks of the settings of alerts and of the reserve on Postgres' disk. No text contains a URL: it is a secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

# A reserve in MiB that is larger than this is a mistake in the unit.
LARGEST = 10240
# Airflow-watch sees a failing step every half a minute, and a day later nobody calls it an alert.
AFTER = (60, 86400)


def watch_problems(inputs: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with ``airflow_watch_*`` and ``airflow_postgres_reserve``.

    Args:
        inputs: The public variables of role airflow that are set, by name.
    """
    heartbeat = inputs["airflow_watch_heartbeat_url"]
    return [
        *_alert(inputs["airflow_watch_alert"]),
        *(_url("airflow_watch_heartbeat_url", heartbeat) if heartbeat else []),
        *_number("airflow_watch_alert_after", inputs["airflow_watch_alert_after"], *AFTER, "seconds"),
        *_number("airflow_postgres_reserve", inputs["airflow_postgres_reserve"], 0, LARGEST, "MiB"),
    ]


def _alert(alert: Any) -> list[str]:
    """Return what is wrong with ``airflow_watch_alert``."""
    if not isinstance(alert, Mapping) or set(alert) - {"command", "url"}:
        return ["airflow_watch_alert: write {command: [PROGRAM, ARGUMENT, ...]} or {url: 'https://...'}."]
    if len(alert) > 1:
        return ["airflow_watch_alert: has a command and a URL; write one of them. A command can call both."]
    if "url" in alert:
        return _url("airflow_watch_alert.url", alert["url"])
    return _command(alert["command"]) if alert else []


def _command(words: Any) -> list[str]:
    """Return what is wrong with the command."""
    if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
        return ["airflow_watch_alert.command: write a list of words, such as [/usr/local/sbin/page-me, --team, data]."]
    if not words[0].startswith("/"):
        return [
            f"airflow_watch_alert.command: {words[0]} must begin with /; write the full path of the program on the "
            "hosts. It runs without a shell."
        ]
    return []


def _url(variable: str, url: Any) -> list[str]:
    """Return what is wrong with a URL, without showing it."""
    if not isinstance(url, str) or not url:
        return [f"{variable}: is empty or not a string; write a URL such as https://alerts.example.com/TOKEN."]
    if not re.fullmatch(r"[!-~]+", url):
        return [f"{variable}: contains spaces or characters other than ASCII; write them percent-encoded."]
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good:
        return [f"{variable}: is not a URL with http:// or https:// and a host; write one."]
    if "@" in parts.netloc:
        return [f"{variable}: has a user or password before the host, which is not supported; use a token in its path."]
    return []


def _number(variable: str, value: Any, least: int, most: int, unit: str) -> list[str]:
    """Return whether a value is not a whole number in a range. With -e, numbers are strings."""
    if not isinstance(value, bool) and re.fullmatch(r"[0-9]{1,9}", str(value)) and least <= int(value) <= most:
        return []
    return [f"{variable}: {value!r} is not a whole number of {unit} from {least} to {most}; write one."]
