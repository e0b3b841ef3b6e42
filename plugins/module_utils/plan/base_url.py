"""The URL at which browsers reach the web UI: ``base_url`` of airflow.cfg.

Its path is the prefix of everything that the web server serves: the UI, the API, the endpoint of health checks and, on
Airflow 3, the API that tasks use.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.options import given

# Airflow 2 compares the path literally with the request's path, so it must not contain characters that need escaping.
_PATH = r"(?P<path>(/(?!\.{1,2}(/|$))[A-Za-z0-9._~-]+)*)"
_URL = re.compile(r"https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?" + _PATH)
EXAMPLE = "https://airflow.example.com/airflow"


def base_url_problems(config: Mapping[str, Any], section: str) -> list[Finding]:
    """Return what is wrong with ``base_url``.

    Args:
        config: Value of ``airflow_config``.
        section: Section of airflow.cfg in which the release reads it.
    """
    url = given(config, section, "base_url")
    if url is None or (isinstance(url, str) and _URL.fullmatch(url)):
        return []
    name = f"airflow_config.{section}.base_url"
    if isinstance(url, str) and _URL.fullmatch(url.rstrip("/")):
        text = f"{url!r} must not end with a slash; write {url.rstrip('/')}."
        return [Finding("base-url-slash", name, text)]
    # The part before an @ may contain a password.
    shown = re.sub(r"//[^/]*@", "//***@", url) if isinstance(url, str) else url
    text = (
        f"{shown!r} is not a valid URL of the web UI; write scheme and host, optionally with a port and a path, but "
        f"without user, query, fragment and escapes, as in {EXAMPLE}."
    )
    return [Finding("base-url-invalid", name, text)]


def web_path(config: Mapping[str, Any], section: str) -> str:
    """Return the path of ``base_url``: empty, or with a leading slash and without a trailing one.

    Args:
        config: Value of ``airflow_config``, accepted by base_url_problems.
        section: Section of airflow.cfg in which the release reads it.
    """
    match = _URL.fullmatch(str(given(config, section, "base_url") or ""))
    return match["path"] if match else ""
