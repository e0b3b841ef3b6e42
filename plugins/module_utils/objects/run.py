"""One run of a module for Airflow's objects: read, compare, write, compare again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.airflow import (
    InsideError,
    NotRunningError,
    find_container,
    run_inside,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.kind import RefusedError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.part import Part
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.plan import Plan

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


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
        problems = [str(found) for part in self.parts for found in part.kind.problems(part.entries)]
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
            report = reports.get(f"{part.kind.option}_read")
            try:
                part.compare(report)
            except RefusedError as error:
                refused += error.problems
                continue
            part.kind.foresee(part.plan, reports)
            for text in part.kind.warnings(part.present, report) if report else ():
                self.module.warn(text)
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
