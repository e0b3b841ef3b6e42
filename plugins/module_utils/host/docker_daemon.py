"""The wanted content of the Docker engine's daemon.json, and whether the engine must reload or restart to apply it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

# Options that dockerd applies on SIGHUP, according to its documentation ("configuration reload behavior") and
# daemon/reload.go. `features` and `authorization-plugins` are on that list too, but part of their content is read only
# at the start.
RELOADABLE = frozenset(
    {
        "debug",
        "default-runtime",
        "insecure-registries",
        "labels",
        "live-restore",
        "max-concurrent-downloads",
        "max-concurrent-uploads",
        "max-download-attempts",
        "registry-mirrors",
        "runtimes",
        "shutdown-timeout",
    }
)
# Log drivers that accept max-size and max-file; the engine does not start with these options and another driver.
ROTATING_DRIVERS = ("json-file", "local")
# Topics that the handlers of role docker listen to.
RELOAD = "docker_engine_reload"
RESTART = "docker_engine_restart"


def parse(text: str) -> dict[str, Any]:
    """Read a daemon.json.

    Args:
        text: Content of the file; empty if there is none.

    Returns:
        The options.

    Raises:
        ValueError: It is not a JSON object; the message says where.
    """
    if not text.strip():
        return {}
    options = json.loads(text)
    if not isinstance(options, dict):
        raise ValueError(f"it holds a {type(options).__name__} instead of an object in braces")  # noqa: TRY004
    return options


def own_options(inputs: Mapping[str, Any], present: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that the role's variables set; an empty list or text sets nothing.

    Args:
        inputs: Values of the variables ``docker_*``, by name without this prefix.
        present: Current content of the file.
    """
    options: dict[str, Any] = {"live-restore": bool(inputs["live_restore"])}
    if inputs["registry_mirrors"]:
        options["registry-mirrors"] = [str(mirror) for mirror in inputs["registry_mirrors"]]
    insecure = [str(registry) for registry in inputs["insecure_registries"]]
    # `docker pull` follows a mirror's http://, but BuildKit insists on TLS unless its host is listed here too.
    plain = [urlsplit(str(mirror)).netloc for mirror in inputs["registry_mirrors"] if str(mirror).startswith("http://")]
    if insecure or plain:
        known = insecure or list(present.get("insecure-registries") or [])
        options["insecure-registries"] = [*known, *(host for host in plain if host not in known)]
    given = inputs["daemon_options"]
    driver = given.get("log-driver", present.get("log-driver", "json-file"))
    if inputs["log_max_size"] and driver in ROTATING_DRIVERS:
        # The engine accepts only strings here, even for numbers.
        options["log-opts"] = {"max-size": str(inputs["log_max_size"]), "max-file": str(inputs["log_max_file"])}
    return merged(options, given)


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return two dicts merged: ``over`` wins, nested dicts are merged likewise, lists are replaced."""
    result = dict(base)
    for key, value in over.items():
        old = result.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        result[key] = merged(old, value) if both else value  # type: ignore[arg-type]
    return result


def plan(text: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Merge the wanted options into a daemon.json.

    Args:
        text: Content of the file; empty if there is none.
        inputs: Values of the variables ``docker_*``, by name without this prefix.

    Returns:
        ``text``, the file's new content (the old one if the options are the same), and ``notify``, the topics of the
        handlers to run: none, reload, or reload and restart. The reload applies a new live-restore before the
        restart.

    Raises:
        ValueError: The file is not a JSON object.
    """
    before = parse(text)
    after = {k: v for k, v in merged(before, own_options(inputs, before)).items() if k not in inputs["options_absent"]}
    # One pass through JSON, so that keys and numbers are as a later reading of the file returns them.
    after = json.loads(json.dumps(after))
    if after == before:
        return {"text": text, "notify": []}
    changed = {key for key in before.keys() | after.keys() if key not in after or before.get(key) != after[key]}
    # A reload ignores removed keys: the engine keeps their values.
    reload_is_enough = changed <= RELOADABLE and changed <= after.keys()
    topics = [RELOAD] if reload_is_enough else [RELOAD, RESTART]
    return {"text": json.dumps(after, indent=2, ensure_ascii=False) + "\n", "notify": topics}
