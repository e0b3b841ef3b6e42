"""Two comparisons: of a host with itself before, and of a host with one that was deployed afresh."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

BESIDE = "a person's own, which tests/previous/use.py made"
OWN = "each machine's own"
# Where it is right that two hosts differ, and why: patterns of whole names, by kind.
EXPECTED: Mapping[str, Mapping[str, str]] = {
    "paths": {
        r"/etc/(machine-id|ssh/ssh_host_.*)": OWN,
        r"/etc/cron\.d(/by_hand)?|/usr/local/projects/(by_hand(/.*)?|news_fetcher/notes\.txt)": BESIDE,
        r"/root/\.docker/buildx/.*": "notes of each build",
        r"/var/(backups|lib/(logrotate|systemd))/.*": "notes of Debian's timers, each at its own time",
        r"/usr/local/projects/airflow/logs/.*": "logs of what ran there",
        r"/usr/local/projects/airflow/dags/(history\.json|releases/.*)": "releases of before, and when each came",
    },
    "packages": {},
    "in /run": {},
    "units": {r"docker-DIGEST\.scope .*": "one a container"},
    "firewall": {
        r".*\b192\.0\.2\.7\b.*": BESIDE,
        r".*\b127\.0\.0\.11\b.*": "ports of the name server that the lab's engine has for each host",
    },
    "containers": {
        r"beside .*": BESIDE,
        r".* Label com\.docker\.compose\.replace": "the container that it took the place of",
        r".* Label com\.docker\.compose\.project\.(config_files|working_dir)": "a temporary directory of Ansible's",
    },
    "networks": {},
    "volumes": {r"beside_data": BESIDE},
    "images": {},
    "databases": {},
}
# What a takeover may change but not take away, and why.
CHANGED: Mapping[str, str] = {
    r"variables: airflow_dags_release": "names the release of DAGs that is in use",
    r"(runs|tasks): handover .*": "ran during the takeover",
    r"files: /usr/local/projects/airflow/logs/(dag_id=handover|scheduler|dag_processor_manager)/.*": "grow",
}


def different(kind: str, ours: Mapping[str, str], theirs: Mapping[str, str]) -> list[str]:
    """What one of two hosts lacks, or has in another form, without what is expected.

    Args:
        kind: What is compared, a key of EXPECTED.
        ours: Parts of the host that was taken over, by name.
        theirs: Those of the fresh one.

    Returns:
        A line a difference.
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
    """What is not there any more, or is another one.

    Args:
        before: What a host held, by kind and name.
        after: What it holds now.

    Returns:
        A line for each, without what CHANGED expects.
    """
    found = []
    for kind, things in before.items():
        for name, thing in things.items():
            if name not in after[kind]:
                found.append(f"{kind}: {name} ({thing}) is gone")
            elif after[kind][name] != thing and not any(re.fullmatch(each, f"{kind}: {name}") for each in CHANGED):
                found.append(f"{kind}: {name} was {thing}, is {after[kind][name]}")
    return found
