"""Finds and removes the iptables chains of firewalls that site.yml installed before the table of nftables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .commands import WatchError

if TYPE_CHECKING:
    from .commands import Commands

# Chains of all earlier releases, by table.
CHAINS = {
    "filter": ("AIRFLOW-STACK",),
    "mangle": ("AIRFLOW-STACK", "AIRFLOW-PROXY", "AIRFLOW-FORWARD", "AIRFLOW-INPUT"),
}


def removal(table: str, saved: str) -> str:
    """Return what iptables-restore must do to remove the chains of a table; empty if there are none.

    Args:
        table: Name of the table.
        saved: Output of ``iptables-save`` for this table.
    """
    there = [chain for chain in CHAINS[table] if re.search(rf"^:{chain} ", saved, re.MULTILINE)]
    if not there:
        return ""
    # Jumps are removed by their whole text, whoever inserted them: a chain to which one jumps cannot be deleted.
    jumps = re.findall(rf"^-A (.* -[jg] (?:{'|'.join(there)}))$", saved, re.MULTILINE)
    lines = [f"*{table}", *(f"-D {jump}" for jump in jumps)]
    lines += [f"-F {chain}" for chain in there] + [f"-X {chain}" for chain in there]
    return "\n".join([*lines, "COMMIT", ""])


def needed(commands: Commands) -> list[str]:
    """Return what iptables-restore must do, for each table that has such chains."""
    try:
        saved = {table: commands.run("iptables-save", "--table", table) for table in CHAINS}
    except WatchError:
        # A host without iptables never had such a firewall.
        return []
    return [work for table, text in saved.items() if (work := removal(table, text))]


def remove(commands: Commands) -> None:
    """Remove the chains.

    Raises:
        WatchError: iptables does not remove them.
    """
    for work in needed(commands):
        commands.run("iptables-restore", "--wait", "--noflush", data=work)
