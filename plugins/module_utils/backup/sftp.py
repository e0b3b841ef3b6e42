"""How restic reaches a repository over SFTP."""

from __future__ import annotations

import shlex
from urllib.parse import urlsplit

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.settings import Settings


def ssh_command(settings: Settings) -> str:
    """Return restic's option ``sftp.command``; empty if root's own SSH configuration is to be used."""
    if not settings.repository.startswith("sftp:") or not (settings.ssh_key or settings.ssh_known_hosts):
        return ""
    rest = settings.repository[len("sftp:") :]
    words = ["ssh", "-o", "BatchMode=yes"]
    if rest.startswith("//"):
        url = urlsplit(f"sftp:{rest}")
        words += ["-p", str(url.port)] if url.port else []
        target = f"{url.username}@{url.hostname}" if url.username else str(url.hostname)
    else:
        target = rest.partition(":")[0]
    if settings.ssh_key:
        words += ["-i", settings.ssh_key, "-o", "IdentitiesOnly=yes"]
    if settings.ssh_known_hosts:
        words += ["-o", f"UserKnownHostsFile={settings.ssh_known_hosts}", "-o", "StrictHostKeyChecking=yes"]
    return shlex.join([*words, target, "-s", "sftp"])
