"""The stack's firewall, a table of nftables: its file, how it is loaded, and whether it is active.

The table has the flag ``owner`` (kernel 5.12): only the process that created it can change it, so it survives
``nft flush ruleset`` and programs that load rules of their own. With the flag ``persist`` (kernel 6.9, nft 1.1) it also
stays when that process ends; the next one takes it over.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

HERE = Path(__file__).parent
# The modules that hold the table.
MODULES = ("firewall", "nft", "loading", "holder")
# plan/firewall.py, which writes the file, has the same name.
TABLE = "inet airflow_firewall"
FILE = Path("/etc/airflow-firewall.nft")
# Copy of the last file that was loaded, for a start at which the file is missing or damaged.
KEPT = Path("/var/lib/airflow-watch/firewall.nft")
# The note about the loaded table. Not on a disk: it must not outlive the table.
NOTE = Path("/run/airflow-watch/firewall")
UNIT = "airflow-firewall.service"
# The unit's program.
PROGRAM = "/usr/local/lib/airflow-watch/airflow-firewall"
# Part of the problem for which the unit's program must start again.
UNHELD = " does not hold table "
# End of the problem for which it is enough to reload the unit.
UNLOADED = " was not loaded since it changed"
LIST = f"list table {TABLE}"
# In this order; the first ones that kernel and nft support are used.
FLAGS = ("owner,persist", "owner", "")


def rules(listed: str) -> str:
    """Return the rules of a listing, without what depends on the process that holds the table."""
    lines = (re.sub(r"\s*#.*", "", line).strip() for line in listed.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("flags "))


def record(text: str, program: str, listed: str) -> str:
    """Return what is noted about a loaded table.

    Args:
        text: Content of the file that was loaded.
        program: Digest of the program that holds the table; empty if none does.
        listed: The table as nft listed it afterwards.
    """
    return f"# {FILE} {_digest(text)}\n# {PROGRAM} {program}\n{listed}"


def problems(listed: str, noted: str, text: str, program: str) -> list[str]:
    """Return why the firewall is not active; empty if it is.

    Args:
        listed: The table as nft lists it; empty without a table.
        noted: The note about the loaded table; empty if there is none.
        text: Content of the file with the table.
        program: Digest of the program that should hold the table.
    """
    if not listed:
        return [f"table {TABLE} is missing"]
    if not noted:
        return [f"it is unknown whether table {TABLE} is what {UNIT} loaded"]
    if rules(listed) != rules(noted):
        return [f"table {TABLE} is not what {UNIT} loaded"]
    if program not in noted or _owned(noted) > _owned(listed):
        return [f"{UNIT}{UNHELD}{TABLE} with its present program, so that other programs can change it"]
    return [] if _digest(text) in noted else [f"{FILE}{UNLOADED}"]


def commands(text: str, listed: str, flags: str) -> str:
    """Return the nft commands that replace the table in one transaction, so that no packet passes in between.

    Args:
        text: Content of the file with the table.
        listed: The table as nft lists it now; empty without a table.
        flags: Flags of the new table.

    Raises:
        ValueError: The text does not define the table.
    """
    head = f"table {TABLE} {{"
    # nft would accept an empty file, and so only delete the table.
    if not re.search(rf"^{re.escape(head)}.*^}}", text, re.MULTILINE | re.DOTALL):
        raise ValueError(f"it does not define table {TABLE}")
    # The kernel refuses to change the flags of a table, and so would the first command, which only makes sure that
    # there is one to delete.
    found = re.search(r"^\s*flags ([a-z, ]+)", listed, re.MULTILINE)
    before = (found[1].strip() if found else "") if listed else flags
    return f"{head} {_flags(before)} }}\ndelete table {TABLE}\n{text.replace(head, f'{head} {_flags(flags)}', 1)}"


def keep() -> None:
    """Keep a copy of the file that was loaded.

    Raises:
        OSError: A file cannot be read or written.
        ValueError: A file is no text.
    """
    text = FILE.read_text(encoding="utf-8")
    if not KEPT.exists() or KEPT.read_text(encoding="utf-8") != text:
        new = KEPT.with_suffix(".new")
        new.write_text(text, encoding="utf-8")
        new.replace(KEPT)


def _owned(listed: str) -> bool:
    """Return whether a process holds the table."""
    return bool(re.search(r"^\s*flags .*owner", listed, re.MULTILINE))


def program_digest() -> str:
    """Return the digest of the modules that hold the table."""
    return _digest(
        "".join((HERE / f"{name}.py").read_text(encoding="utf-8") for name in ("firewall", "nft", "loading", "holder"))
    )


def _flags(flags: str) -> str:
    return f"flags {flags};" if flags else ""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
