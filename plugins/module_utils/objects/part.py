"""One kind of objects in a run of a module: its options, its plan and its results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.kind import Entries, Fields, Kind
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.plan import Plan, diff, make_plan, unmet


@dataclass
class Part:
    """One kind of objects in a run.

    Attributes:
        kind: The kind.
        options: Its options.
        current: The existing objects, by name.
        plan: The changes to make.
        done: Names of created, updated, deleted and unchanged objects.
        wrong: Mismatches after the run, by name.
    """

    kind: Kind
    options: Mapping[str, Any]
    current: dict[str, Fields] = field(default_factory=dict)
    plan: Plan = field(default_factory=Plan)
    done: dict[str, list[str]] = field(
        default_factory=lambda: {"created": [], "updated": [], "deleted": [], "unchanged": []}
    )
    wrong: dict[str, str] = field(default_factory=dict)

    @property
    def entries(self) -> Entries:
        """The listed objects."""
        entries: Entries = self.options[self.kind.option]
        return entries

    @property
    def present(self) -> Entries:
        """The listed objects with state present."""
        return [entry for entry in self.entries if entry["state"] == "present"]

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do, so that Airflow need not be started."""
        return not self.entries and not self.options["purge"]

    @property
    def changed(self) -> bool:
        """Whether anything was or will be changed."""
        return any(self.done[part] for part in ("created", "updated", "deleted"))

    def compare(self, report: Mapping[str, Any] | None) -> None:
        """Create the plan.

        Args:
            report: Report of the read action; None if no Airflow is running.

        Raises:
            RefusedError: The listed objects cannot be applied to this Airflow.
        """
        found = report["objects"] if report else {}
        self.current = {name: self.kind.normal(fields) for name, fields in found.items()}
        absent = {entry[self.kind.key]: None for entry in self.entries if entry["state"] == "absent"}
        wanted = {**self.kind.wanted(self.present, report, self.options), **absent}
        purge, stay = self.options["purge"], [*self.options["purge_exclude"], *self.kind.permanent]
        self.plan = make_plan(self.current, wanted, purge=purge, purge_exclude=stay)
        self.done = {
            "created": [*self.plan.create],
            "updated": [*self.plan.replace],
            "deleted": self.plan.delete,
            "unchanged": self.plan.unchanged,
        }

    def request(self) -> dict[str, Any]:
        """Return the plan in the form that the write action takes."""
        create, replace = (
            {name: self.kind.stored(fields) for name, fields in part.items()}
            for part in (self.plan.create, self.plan.replace)
        )
        return {"name": f"{self.kind.option}_write", "create": create, "replace": replace, "delete": self.plan.delete}

    def review(self, report: Mapping[str, Any]) -> None:
        """Compare the objects after the write with the plan, and keep only the changes that were made."""
        found = {name: self.kind.normal(fields) for name, fields in report["objects"].items()}
        self.wrong = unmet(self.plan, found, report["failed"])
        if self.wrong:
            self.keep(report["done"])

    def keep(self, done: Sequence[str]) -> None:
        """Keep only those changes whose objects were written."""
        for part in ("created", "updated", "deleted"):
            self.done[part] = [name for name in self.done[part] if name in done]

    def diff(self) -> dict[str, Any]:
        """Return the diff of the plan."""
        return diff(self.plan, self.current, self.kind.secret_fields)
