"""Base class of the kinds of Airflow's objects: argument spec, validation rules, and the form used for comparison.

The modules apply the rules. The inventory's lists are validated with them before anything is changed: see wanted.py.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any, ClassVar

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.entries import at, key_problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.plan import Plan, texts

Entry = Mapping[str, Any]
Entries = Sequence[Entry]
Fields = Mapping[str, Any]

# Options that kinds share: the state of every entry, and the options of a module that can purge.
STATE = {"type": "str", "choices": ["present", "absent"], "default": "present"}
PURGE_OPTIONS: Mapping[str, Any] = {
    "purge": {"type": "bool", "default": False},
    "purge_exclude": {"type": "list", "elements": "str", "default": []},
}

# Replaces a secret in the record of options; Ansible's own placeholder.
REDACTED = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"


class RefusedError(Exception):
    """The options are refused.

    Attributes:
        problems: A sentence for each problem, without values of secrets.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


class Kind(ABC):
    """A kind of objects, such as pools.

    Attributes:
        option: Name of the module's option with the list of objects, and prefix of the actions inside the container.
        arguments: The argument spec of the kind's own module, without the options that find the container. A list with
            secrets is no_log as a whole: Ansible writes a module's options into the host's journal when it starts, and
            masks only the plain text of a secret there, not its escaped form inside a list.
        key: The key of an entry that names the object.
        example: Example name of an object, for messages.
        secret_fields: Fields whose values are not shown.
        permanent: Names of objects that a purge never deletes, because Airflow cannot run without them.
        foreign: Names of objects that other roles manage; an export leaves them out.
        program: The Python module with the actions ``action_OPTION_read`` and ``action_OPTION_write``. Both report
            ``objects``; the latter takes ``create``, ``replace`` and ``delete``, and reports ``done`` and ``failed``.
    """

    option: str
    arguments: ClassVar[Mapping[str, Any]]
    key: str
    example: str
    secret_fields: Sequence[str]
    permanent: Sequence[str] = ()
    foreign: Sequence[str] = ()
    program: ModuleType

    def problems(self, entries: Entries, where: str = "") -> list[Finding]:
        """Validate the entries by themselves, and return a finding for each problem, without secrets.

        The modules and the inventory's lists are validated by this method, in addition to their argument specs.

        Args:
            entries: The entries. In an inventory they may have any type, because no argument spec has converted them.
            where: Name of the variable, for the sentences; by default the name of the option.
        """
        where = where or self.option
        problems, named = self._shaped(entries, where)
        return problems + self.list_problems(named, where)

    def list_problems(self, entries: Entries, where: str) -> list[Finding]:
        """Return the problems of entries that name their object, of each entry and between entries.

        Args:
            entries: Dicts that have the key, as text.
            where: Name of the variable, for the sentences.
        """
        counts = Counter(str(entry[self.key]) for entry in entries)
        problems = [
            Finding("object-twice", where, f"{name!r} is listed {count} times; keep one entry.")
            for name, count in counts.items()
            if count > 1
        ]
        for entry in entries:
            problems += at(f"{where}, {entry[self.key]!r}", self.entry_problems(entry))
        return problems

    @abstractmethod
    def entry_problems(self, entry: Entry) -> list[Finding]:
        """Return the problems of one entry, without their place."""

    def _shaped(self, entries: Entries, where: str) -> tuple[list[Finding], list[Entry]]:
        """Return the problems with the keys of entries, and the entries that name their object."""
        keys = (*self.arguments[self.option]["options"],)
        problems: list[Finding] = []
        named = []
        for number, entry in enumerate(entries, start=1):
            if isinstance(entry, Mapping) and isinstance(entry.get(self.key), str):
                problems += at(f"{where}, {entry[self.key]!r}", key_problems(entry, keys))
                named.append(entry)
            else:
                text = f"entry {number} has no {self.key}; write one as text, such as {self.key}: {self.example}."
                problems.append(Finding("object-nameless", where, text))
        return problems, named

    def question(self, entries: Entries) -> dict[str, Any]:  # noqa: ARG002 - for kinds that have one
        """Return the input of the read action; empty unless the kind overrides this method.

        Args:
            entries: The entries with state present.
        """
        return {}

    @abstractmethod
    def wanted(
        self, entries: Entries, report: Mapping[str, Any] | None, options: Mapping[str, Any]
    ) -> dict[str, Fields]:
        """Return the fields of the wanted objects by name.

        Args:
            entries: The entries with state present.
            report: Report of the read action; None in check mode if no Airflow is running.
            options: The kind's options.

        Raises:
            RefusedError: The objects cannot be applied to this Airflow.
        """

    @abstractmethod
    def normal(self, fields: Fields) -> Fields:
        """Return the fields of an object of Airflow in the form used for comparison."""

    def stored(self, fields: Fields) -> Fields:
        """Return the fields of a wanted object in the form that the write action takes."""
        return fields

    def warnings(self, entries: Entries, report: Mapping[str, Any]) -> list[str]:  # noqa: ARG002 - for kinds with some
        """Return a sentence for each part of the entries that Airflow keeps as it is."""
        return []

    def foresee(self, plan: Plan, reports: Mapping[str, Any]) -> None:  # noqa: B027 - for kinds that others refer to
        """Add what a plan will change to the reports of later kinds."""

    def secrets(self, entries: Entries) -> set[str]:
        """Return the texts in the entries that no message may contain, except texts too short to be a secret."""
        values = [entry.get(name) for entry in entries for name in self.secret_fields]
        return {text for text in texts(values) if len(text) > 3}

    def redacted(self, entries: Entries) -> list[dict[str, Any]]:
        """Return the entries without the values of secrets, for Ansible's record of how a module was called."""
        return [
            {
                key: REDACTED if key in self.secret_fields and value is not None else value
                for key, value in entry.items()
            }
            for entry in entries
        ]
