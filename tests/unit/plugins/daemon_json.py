"""Shared data of the daemon.json tests, for the rules in module_utils and for the filter that checks inputs."""

from typing import Any

# The defaults of role docker, in the form that the rules expect.
INPUTS: dict[str, Any] = {
    "registry_mirrors": [],
    "insecure_registries": [],
    "log_max_size": "10m",
    "log_max_file": 3,
    "live_restore": True,
    "daemon_options": {},
    "options_absent": [],
}

# Texts that are not a JSON object.
BROKEN = ['{"a": 1,}', "[]", '"text"', "{", "nonsense"]
