"""Replace an object repeatedly while another container reads it."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.airflow import run_inside

from tests.objects.stack import PROJECT, SCHEDULER, run_command

# `read()` returns a text that identifies the version of the object; "stop" for the last one.
LOOP = """
import time
print("ready", read(), flush=True)
seen, end = {}, time.time() + 100
while "stop" not in seen and time.time() < end:
    value = read()
    seen[value] = seen.get(value, 0) + 1
print(len(seen), sum(seen.values()))
"""


def replace_under_a_reader(reader: str, program: ModuleType, kind: str, versions: list[Mapping[str, Any]]) -> None:
    """Run a reader in a loop until it reads the last version, and check that no read fails.

    Args:
        reader: Python program that defines `read()`.
        program: Module with the action that writes.
        kind: Kind of the object.
        versions: Consecutive versions of the object's fields by its name; the last one stops the reader.
    """
    argv = ["docker", "exec", f"{PROJECT}-worker-1", "python", "-W", "ignore", "-c", reader + LOOP]
    loop = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert loop.stdout
    # Log messages of Airflow may precede this line.
    while not loop.stdout.readline().startswith("ready"):
        assert loop.poll() is None, loop.communicate()
    write: dict[str, Any] = {"name": f"{kind}_write", "create": {}, "replace": {}, "delete": []}
    actions = [{**write, "replace": version} for version in versions]
    for batch in (actions[:-1], actions[-1:]):
        run_inside(run_command, "docker", SCHEDULER, timeout=100, programs=[program], actions=batch)
    out, err = loop.communicate(timeout=120)
    assert loop.returncode == 0, err
    values, reads = map(int, out.split())
    print(f"{reads} reads, {values} different values")
    assert values > 10
