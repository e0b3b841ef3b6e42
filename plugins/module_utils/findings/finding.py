"""A finding: what is wrong with the inventory or a host, where, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.kinds import KINDS

# User and password in front of a host. A password can contain / and @; without a colon it is an image, or git@HOST.
LOGIN = re.compile(r"(//)[^\s'\",]*@|(?<![\w/.-])[\w.+-]+:(?!//)[^\s/@'\",]+@(?!sha256:)")


class Finding(str):
    """A sentence that begins with its place, and that knows its id.

    Attributes:
        id: A key of KINDS, as docs/findings.md lists them.
        place: The variable, as in ``airflow_config.core.parallelism``, or a file; empty if it is the host itself.
        text: The sentence without the place.
        host: Inventory name of the host, if it is another one than the host that was checked.
    """

    __slots__ = ("host", "id", "place", "text")
    id: str
    place: str
    text: str
    host: str

    def __new__(cls, id: str, place: str, text: str, host: str = "") -> Finding:  # noqa: A002 - as it is called in docs
        """Return the finding.

        Raises:
            KeyError: There is no such id.
        """
        KINDS[id]
        # Addresses can contain a password.
        place, text = (LOGIN.sub(r"\1***@", part) for part in (place, text))
        self = super().__new__(cls, f"{host}: {_at(place)}{text}" if host else f"{_at(place)}{text}")
        self.id, self.place, self.text, self.host = id, place, text, host
        return self

    def fields(self) -> dict[str, Any]:
        """Return it as data that Ansible can keep."""
        return {name: getattr(self, name) for name in sorted(self.__slots__)}


def _at(place: str) -> str:
    return f"{place}: " if place else ""


def as_data(check: Callable[..., Iterable[Finding]]) -> Callable[..., list[dict[str, Any]]]:
    """Return a check as a filter: Ansible keeps only plain data.

    Args:
        check: A function that returns findings.
    """

    @wraps(check)
    def checked(*arguments: Any, **options: Any) -> list[dict[str, Any]]:
        return [finding.fields() for finding in check(*arguments, **options)]

    return checked
