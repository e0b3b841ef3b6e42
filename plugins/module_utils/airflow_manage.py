"""The one way in which the modules for Airflow's objects work: read, compare, write, compare again.

What a kind of objects adds is a subclass of Kind, and a file with its actions that runs inside the container.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ansible.module_utils import airflow_objects
from ansible.module_utils.airflow_container import InsideError, NotRunningError, find_container, run_inside

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

Entries = Sequence[Mapping[str, Any]]
Fields = Mapping[str, Any]


class RefusedError(Exception):
    """The options are refused.

    :ivar problems: a sentence for each thing that is wrong, without values of secrets
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


class Kind(ABC):
    """A kind of objects, such as connections.

    :cvar option: name of the module's option with the list of objects, and of the actions inside the container
    :cvar key: the key of an entry that names the object
    :cvar secret_fields: fields whose values are not shown
    :cvar program: the file with the actions ``action_OPTION_read`` and ``action_OPTION_write``. Both report
        ``objects``; the second one takes ``create``, ``replace`` and ``delete``, and reports ``done`` and ``failed``
    """

    option: str
    key: str
    secret_fields: Sequence[str]
    program: ModuleType

    @abstractmethod
    def problems(self, entries: Entries) -> list[str]:
        """Return what is wrong with the entries, as far as they alone can tell."""

    @abstractmethod
    def question(self, entries: Entries) -> dict[str, Any]:
        """Return what the action that reads needs to know."""

    @abstractmethod
    def wanted(
        self, entries: Entries, report: Mapping[str, Any] | None, options: Mapping[str, Any]
    ) -> dict[str, Fields]:
        """Return the fields of the wanted objects by name.

        :param entries: the entries with state present
        :param report: what the action reported that reads; None in check mode where no Airflow runs
        :param options: the module's options
        :raises RefusedError: if Airflow cannot have them
        """

    @abstractmethod
    def normal(self, fields: Fields) -> Fields:
        """Return the fields of an object of Airflow in the form in which they are compared."""

    @abstractmethod
    def stored(self, fields: Fields) -> Fields:
        """Return the fields of a wanted object as the action takes them that writes."""

    @abstractmethod
    def secrets(self, entries: Entries) -> set[str]:
        """Return the texts in the entries that no message may hold."""

    @abstractmethod
    def redacted(self, entries: Entries) -> list[dict[str, Any]]:
        """Return the entries without the values of secrets."""


def manage(module: AnsibleModule, kind: Kind) -> None:
    """Run a module for a kind of objects, and leave through the module's exits."""
    entries = module.params[kind.option]
    # As the list is no_log, Ansible would take every id, host and number in it for a secret and garble the result. That
    # is built without secrets; only what Airflow says when it fails may hold one.
    module.no_log_values = set()
    shown = {**module.params, kind.option: kind.redacted(entries)}
    run = Run(module, kind, {"changed": False, "invocation": {"module_args": shown}})
    try:
        run.go()
    except RefusedError as error:
        module.fail_json(msg=str(error), problems=error.problems, **run.result)
    except (NotRunningError, InsideError) as error:
        module.fail_json(msg=without(kind.secrets(entries), str(error)), **run.result)
    if run.wrong:
        run.wrong = {name: without(kind.secrets(entries), what) for name, what in run.wrong.items()}
        listed = "; ".join(f"{name!r} {what}" for name, what in run.wrong.items())
        msg = f"Airflow's {kind.option} are not as listed: {listed}. Those that are not named here are."
        module.fail_json(msg=msg, failed_objects=run.wrong, **run.result)
    module.exit_json(**run.result)


def without(secrets: set[str], text: str) -> str:
    """Return a text in which stars stand for secrets."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "********")
    return text


class Run:
    """One run.

    :ivar result: what the module returns, as far as it is known
    :ivar wrong: what is not as wanted after the run, by name
    """

    def __init__(self, module: AnsibleModule, kind: Kind, result: dict[str, Any]) -> None:
        self.module, self.kind, self.result = module, kind, result
        self.docker: str | None = module.get_bin_path("docker")
        self.wrong: dict[str, str] = {}

    def go(self) -> None:
        """Read, compare, and outside of check mode write."""
        options = self.module.params
        problems = self.kind.problems(options[self.kind.option])
        if problems:
            raise RefusedError(problems)
        self.result.update(created=[], updated=[], deleted=[], unchanged=[], container=None, starts=0)
        if not options[self.kind.option] and not options["purge"]:
            return
        current, wanted = self.read(options[self.kind.option])
        plan = airflow_objects.make_plan(
            current, wanted, purge=options["purge"], purge_exclude=options["purge_exclude"]
        )
        self.result.update(
            changed=plan.changed,
            created=[*plan.create],
            updated=[*plan.replace],
            deleted=plan.delete,
            unchanged=plan.unchanged,
            diff=airflow_objects.diff(plan, current, self.kind.secret_fields),
        )
        if plan.changed and not self.module.check_mode:
            self.write(plan)

    def read(self, entries: Entries) -> tuple[dict[str, Fields], dict[str, Fields | None]]:
        """Return what is there and what is wanted, None for what must not exist, by name."""
        present = [entry for entry in entries if entry["state"] == "present"]
        absent = {entry[self.kind.key]: None for entry in entries if entry["state"] == "absent"}
        report = None
        try:
            self.result["container"] = find_container(self.module.run_command, self.docker, self.module.params)
            report = self.act("read", self.kind.question(present))
        except NotRunningError as error:
            if not self.module.check_mode:
                raise
            self.module.warn(f"Predicted that everything will be created, as no Airflow runs yet: {error}")
        found = report["objects"] if report else {}
        wanted = self.kind.wanted(present, report, self.module.params)
        return {name: self.kind.normal(fields) for name, fields in found.items()}, {**wanted, **absent}

    def write(self, plan: airflow_objects.Plan) -> None:
        """Carry out a plan and compare what is there afterwards with it."""
        create, replace = (
            {name: self.kind.stored(fields) for name, fields in part.items()} for part in (plan.create, plan.replace)
        )
        try:
            report = self.act("write", {"create": create, "replace": replace, "delete": plan.delete})
        except InsideError as error:
            self.keep(error.reports.get(f"{self.kind.option}_write", {}).get("done", []))
            raise
        found = {name: self.kind.normal(fields) for name, fields in report["objects"].items()}
        self.wrong = airflow_objects.unmet(plan, found, report["failed"])
        if self.wrong:
            self.keep(report["done"])

    def keep(self, done: Sequence[str]) -> None:
        """Reduce the result to what was done before an error."""
        for part in ("created", "updated", "deleted"):
            self.result[part] = [name for name in self.result[part] if name in done]
        self.result["changed"] = bool(done)

    def act(self, verb: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Start Airflow once for one action and return its report."""
        action = f"{self.kind.option}_{verb}"
        self.result["starts"] += 1
        reports = run_inside(
            self.module.run_command,
            str(self.docker),
            self.result["container"],
            timeout=self.module.params["timeout"],
            programs=[self.kind.program],
            actions=[{**request, "name": action}],
        )
        return dict(reports[action])
