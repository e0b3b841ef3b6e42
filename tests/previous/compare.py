"""Comparison of a host with its earlier state, and with a freshly deployed host."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

BESIDE = "not part of the stack; created by tests/previous/use.py"
OWN = "unique to each machine"
# Differences between two hosts that are correct, with the reason: patterns of whole names, by kind.
EXPECTED: Mapping[str, Mapping[str, str]] = {
    "paths": {
        r"/etc/(machine-id|ssh/ssh_host_.*)": OWN,
        r"/etc/cron\.d(/by_hand)?|/usr/local/projects/(by_hand(/.*)?|news_fetcher/notes\.txt)": BESIDE,
        r"/root/\.docker/buildx/.*": "records of each build",
        r"/var/(backups|lib/(logrotate|systemd))/.*": "state of Debian's timers, which run at different times",
        r"/usr/local/projects/airflow/logs/.*": "logs of tasks and services on that host",
        r"/usr/local/projects/airflow/dags/(history\.json|releases/.*)": "earlier releases, and the time of each",
    },
    "packages": {},
    "in /run": {},
    "units": {r"docker-DIGEST\.scope .*": "one unit per container"},
    "firewall": {
        r".*\b192\.0\.2\.7\b.*": BESIDE,
        r".*\b127\.0\.0\.11\b.*": "ports of the name server that the lab's engine runs for each host",
    },
    "containers": {
        r"beside .*": BESIDE,
        r".* Label com\.docker\.compose\.replace": "id of the replaced container",
        r".* Label com\.docker\.compose\.project\.(config_files|working_dir)": "temporary directory of Ansible",
    },
    "networks": {},
    "volumes": {r"beside_data": BESIDE},
    "images": {},
    "databases": {},
}
# Things that a takeover may change but not remove, with the reason.
CHANGED: Mapping[str, str] = {
    r"variables: airflow_dags_release": "contains the current DAG release",
    r"(runs|tasks): handover .*": "ran during the takeover",
    r"files: /etc/airflow/secrets/redis_conf": "Redis' settings beside its password, which has its own file",
    r"files: /usr/local/projects/airflow/logs/(dag_id=handover|scheduler|dag_processor_manager)/.*": "grow",
}


def different(kind: str, ours: Mapping[str, str], theirs: Mapping[str, str]) -> list[str]:
    """Differences between two hosts, without the expected ones.

    Args:
        kind: Kind of the parts, a key of EXPECTED.
        ours: Parts of the taken-over host by name.
        theirs: Parts of the fresh host by name.

    Returns:
        One line per difference.
    """
    found = []
    for name in sorted(ours.keys() | theirs.keys()):
        if ours.get(name) == theirs.get(name) or any(re.fullmatch(each, name) for each in EXPECTED[kind]):
            continue
        if name not in theirs:
            found.append(f"left behind: {name} ({ours[name]})")
        elif name not in ours:
            found.append(f"missing: {name} ({theirs[name]})")
        else:
            found.append(f"another: {name} ({ours[name]}, fresh: {theirs[name]})")
    return found


def lost(before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Things that are missing or changed since an earlier state.

    Args:
        before: Earlier state of a host by kind and name.
        after: Present state of the host.

    Returns:
        One line per thing, without the changes in CHANGED.
    """
    found = []
    for kind, things in before.items():
        for name, thing in things.items():
            if name not in after[kind]:
                found.append(f"{kind}: {name} ({thing}) is gone")
            elif after[kind][name] != thing and not any(re.fullmatch(each, f"{kind}: {name}") for each in CHANGED):
                found.append(f"{kind}: {name} was {thing}, is {after[kind][name]}")
    return found
