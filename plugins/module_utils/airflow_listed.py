"""What is wrong with a list of objects, whatever their kind: the sentences that all kinds share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

Entry = Mapping[str, Any]


def problems(where: str, entries: Sequence[Entry], key: str, of_entry: Callable[[Entry], list[str]]) -> list[str]:
    """Return what is wrong with a list, a sentence each.

    :param where: name of the variable or option, for the sentences
    :param entries: dicts that have the key
    :param key: the key that names the object
    :param of_entry: returns what is wrong with one entry, without where it stands
    """
    counts = Counter(str(entry[key]) for entry in entries)
    sentences = [
        f"{where}: {name!r} is listed {count} times; keep one entry." for name, count in counts.items() if count > 1
    ]
    for entry in entries:
        sentences += [f"{where}, {entry[key]!r}: {text}" for text in of_entry(entry)]
    return sentences


def zeros(entry: Entry, names: Iterable[str]) -> list[str]:
    """Return a sentence for each of these fields that Postgres cannot store."""
    found = [name for name in names if isinstance(entry.get(name), str) and "\0" in entry[name]]
    return [f"{name} holds a NUL character, which the database cannot store; remove it." for name in found]
