"""The records of what happened to the services, between two rounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import notes
from .policy import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

NOTE = "healing.json"


def read() -> dict[str, Record]:
    """Return the records by service; a broken one counts as missing."""
    known = notes.read(NOTE)
    found = {}
    for service, words in (known if isinstance(known, dict) else {}).items():
        if record := _record(words):
            found[service] = record
    return found


def _record(words: Any) -> Record | None:
    try:
        kind, since, away, restarts, failed, tried, why = words
        times = tuple(float(at) for at in restarts)
        return Record(str(kind), float(since), float(away), times, int(failed), float(tried), str(why))
    except (TypeError, ValueError):
        return None


def write(records: Mapping[str, Record]) -> None:
    """Write the records.

    Raises:
        WatchError: They cannot be stored.
    """
    notes.write(NOTE, {name: [*one._replace(restarts=[*one.restarts])] for name, one in records.items()})  # type: ignore[arg-type]
