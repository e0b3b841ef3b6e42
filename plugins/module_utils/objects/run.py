"""One run of a module for Airflow's objects: read, compare, write, compare again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.airflow import (
    InsideError,
    NotRunningError,
    find_container,
    run_inside,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.kind import (
    Entries,
    Fields,
    Kind,
    RefusedError,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.plan import Plan, diff, make_plan, unmet

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


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


class Run:
    """One run over all kinds of a module.

    Attributes:
        container: The container that was used.
        starts: How many times Airflow was started.
    """

    def __init__(self, module: AnsibleModule, parts: Sequence[Part]) -> None:
        self.module, self.parts = module, parts
        self.docker: str | None = module.get_bin_path("docker")
        self.container: str | None = None
        self.starts = 0

    def result(self) -> dict[str, Any]:
        """Return the results of the run as a whole."""
        changed = any(part.changed for part in self.parts)
        return {"changed": changed, "container": self.container, "starts": self.starts}

    def go(self) -> None:
        """Read, compare and, outside of check mode, write."""
        problems = [text for part in self.parts for text in part.kind.problems(part.entries)]
        if problems:
            raise RefusedError(problems)
        self.parts = [part for part in self.parts if not part.idle]
        if not self.parts:
            return
        self.compare(self.read())
        if not self.module.check_mode:
            self.write([part for part in self.parts if part.plan.changed])

    def read(self) -> dict[str, Any]:
        """Return the reports of the read actions; empty in check mode if no Airflow is running."""
        try:
            self.container = find_container(self.module.run_command, self.docker, self.module.params)
        except NotRunningError as error:
            if not self.module.check_mode:
                raise
            self.module.warn(f"Predicted that everything will be created, because Airflow is not running yet: {error}")
            return {}
        return self.act(
            self.parts,
            [{**part.kind.question(part.present), "name": f"{part.kind.option}_read"} for part in self.parts],
        )

    def compare(self, reports: Mapping[str, Any]) -> None:
        """Create all plans, or none if anything is refused."""
        refused = []
        for part in self.parts:
            try:
                part.compare(reports.get(f"{part.kind.option}_read"))
            except RefusedError as error:
                refused += error.problems
        if refused:
            for part in self.parts:
                part.plan = Plan()
                part.keep(())
            raise RefusedError(refused)

    def write(self, parts: Sequence[Part]) -> None:
        """Apply the plans, and compare the objects with them afterwards."""
        if not parts:
            return
        try:
            reports = self.act(parts, [part.request() for part in parts])
        except InsideError as error:
            for part in parts:
                part.keep(error.reports.get(f"{part.kind.option}_write", {}).get("done", []))
            raise
        for part in parts:
            part.review(reports[f"{part.kind.option}_write"])

    def act(self, parts: Sequence[Part], actions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Start Airflow once for some actions and return their reports."""
        self.starts += 1
        return run_inside(
            self.module.run_command,
            str(self.docker),
            str(self.container),
            timeout=self.module.params["timeout"],
            programs=[part.kind.program for part in parts],
            actions=actions,
        )
