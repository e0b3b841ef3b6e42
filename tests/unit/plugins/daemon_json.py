"""What the tests of daemon.json start from: of the rules in module_utils, and of the filter that checks inputs."""

from typing import Any

# The defaults of role docker, in the form that the rules take them.
INPUTS: dict[str, Any] = {
    "registry_mirrors": [],
    "insecure_registries": [],
    "log_max_size": "10m",
    "log_max_file": 3,
    "live_restore": True,
    "daemon_options": {},
    "options_absent": [],
}

# Texts that hold no JSON object.
BROKEN = ['{"a": 1,}', "[]", '"text"', "{", "nonsense"]
