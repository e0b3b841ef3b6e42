"""Loads the firewall's table from a file, and notes for airflow-watch what was loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import firewall
from .nft import Nft, NftError
from .output import say

if TYPE_CHECKING:
    from pathlib import Path

# Attempts to replace a table that another program changes at the same time.
TRIES = 5


def listed(nft: Nft) -> str:
    """Return the firewall's table as nft lists it; empty without a table."""
    try:
        return nft.run(firewall.LIST)
    except NftError:
        return ""


def load(nft: Nft, program: str, flags: tuple[str, ...] = firewall.FLAGS, file: Path | None = None) -> str:
    """Replace the table by the one in a file.

    Args:
        nft: The connection that owns the table.
        program: Digest of this program; empty if it does not hold the table.
        flags: Flags to try, in this order.
        file: The file to load; by default the one that site.yml wrote.

    Returns:
        The flags that the kernel accepted.

    Raises:
        OSError: The file cannot be read.
        NftError: nft accepted the table with none of the flags; a table from before is still active.
        ValueError: The file does not define the table.
    """
    text = (file or firewall.FILE).read_text(encoding="utf-8")
    for wanted in flags:
        try:
            _replace(nft, text, wanted)
        except NftError:
            if wanted == flags[-1]:
                raise
        else:
            break
    try:
        note(text, program, listed(nft))
    except OSError as error:
        say(f"ERROR: the firewall is active, but airflow-watch cannot check it: {firewall.NOTE}: {error.strerror}")
    return wanted


def _replace(nft: Nft, text: str, flags: str) -> None:
    """Replace the table; its flags depend on those of the table that is there, which another program may change."""
    for attempt in range(TRIES):
        before = listed(nft)
        try:
            nft.run(firewall.commands(text, before, flags))
        except NftError:
            if attempt == TRIES - 1 or listed(nft) == before:
                raise
        else:
            return


def note(text: str, program: str, table: str) -> None:
    """Write for airflow-watch what was loaded.

    Raises:
        OSError: The note cannot be written.
    """
    firewall.NOTE.parent.mkdir(mode=0o755, exist_ok=True)
    new = firewall.NOTE.with_suffix(".new")
    new.write_text(firewall.record(text, program, table), encoding="utf-8")
    new.replace(firewall.NOTE)
