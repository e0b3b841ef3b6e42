"""The one way in which the modules for Airflow's objects work: read, compare, write, compare again.

What a kind of objects adds is a subclass of Kind, and a file with its actions that runs inside the container. A module
manages one kind, or several in the same starts of Airflow.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible_collections.ansible_airflow.airflow.plugins.module_utils import airflow_objects
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.airflow_container import (
    InsideError,
    NotRunningError,
    find_container,
    run_inside,
)

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

Entries = Sequence[Mapping[str, Any]]
Fields = Mapping[str, Any]

# Options that kinds share: one of every entry, and those of a module that can purge.
STATE = {"type": "str", "choices": ["present", "absent"], "default": "present"}
PURGE_OPTIONS: Mapping[str, Any] = {
    "purge": {"type": "bool", "default": False},
    "purge_exclude": {"type": "list", "elements": "str", "default": []},
}
# What a module's options start from when it manages a kind whose objects it never purges.
NO_PURGE = {"purge": False, "purge_exclude": ()}

# What stands for a secret in the record of options; Ansible's own words.
REDACTED = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"


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
    :cvar arguments: the argument spec of the kind's own module, without what says how to find the container
    :cvar key: the key of an entry that names the object
    :cvar secret_fields: fields whose values are not shown
    :cvar permanent: names of objects that a purge leaves alone, as Airflow cannot be without them
    :cvar program: the file with the actions ``action_OPTION_read`` and ``action_OPTION_write``. Both report
        ``objects``; the second one takes ``create``, ``replace`` and ``delete``, and reports ``done`` and ``failed``
    """

    option: str
    arguments: ClassVar[Mapping[str, Any]]
    key: str
    secret_fields: Sequence[str]
    permanent: Sequence[str] = ()
    program: ModuleType

    @abstractmethod
    def problems(self, entries: Entries) -> list[str]:
        """Return what is wrong with the entries, as far as they alone can tell."""

    def question(self, entries: Entries) -> dict[str, Any]:  # noqa: ARG002 - for those that have one
        """Return what the action that reads needs to know; nothing, unless the kind says otherwise.

        :param entries: the entries with state present
        """
        return {}

    @abstractmethod
    def wanted(
        self, entries: Entries, report: Mapping[str, Any] | None, options: Mapping[str, Any]
    ) -> dict[str, Fields]:
        """Return the fields of the wanted objects by name.

        :param entries: the entries with state present
        :param report: what the action reported that reads; None in check mode where no Airflow runs
        :param options: the kind's options
        :raises RefusedError: if Airflow cannot have them
        """

    @abstractmethod
    def normal(self, fields: Fields) -> Fields:
        """Return the fields of an object of Airflow in the form in which they are compared."""

    def stored(self, fields: Fields) -> Fields:
        """Return the fields of a wanted object as the action takes them that writes."""
        return fields

    def secrets(self, entries: Entries) -> set[str]:
        """Return the texts in the entries that no message may hold, except those too short to mean anything."""
        values = [entry.get(name) for entry in entries for name in self.secret_fields]
        return {text for text in airflow_objects.texts(values) if len(text) > 3}

    def redacted(self, entries: Entries) -> list[dict[str, Any]]:
        """Return the entries without the values of secrets, for Ansible's record of how a module was called."""
        return [
            {
                key: REDACTED if key in self.secret_fields and value is not None else value
                for key, value in entry.items()
            }
            for entry in entries
        ]


@dataclass
class Part:
    """What one run does about one kind.

    :ivar kind: the kind
    :ivar options: its options
    :ivar current: the objects that are there, by name
    :ivar plan: what has to be done
    :ivar done: names of created, updated and deleted objects, and of those that needed no change
    :ivar wrong: what is not as wanted after the run, by name
    """

    kind: Kind
    options: Mapping[str, Any]
    current: dict[str, Fields] = field(default_factory=dict)
    plan: airflow_objects.Plan = field(default_factory=airflow_objects.Plan)
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
        """The listed objects that shall exist."""
        return [entry for entry in self.entries if entry["state"] == "present"]

    @property
    def idle(self) -> bool:
        """Whether nothing is asked for, so that Airflow need not be started."""
        return not self.entries and not self.options["purge"]

    @property
    def changed(self) -> bool:
        """Whether anything was or will be changed."""
        return any(self.done[part] for part in ("created", "updated", "deleted"))

    def compare(self, report: Mapping[str, Any] | None) -> None:
        """Make the plan.

        :param report: what the action reported that reads; None where no Airflow runs
        :raises RefusedError: if Airflow cannot have what is listed
        """
        found = report["objects"] if report else {}
        self.current = {name: self.kind.normal(fields) for name, fields in found.items()}
        absent = {entry[self.kind.key]: None for entry in self.entries if entry["state"] == "absent"}
        wanted = {**self.kind.wanted(self.present, report, self.options), **absent}
        purge, stay = self.options["purge"], [*self.options["purge_exclude"], *self.kind.permanent]
        self.plan = airflow_objects.make_plan(self.current, wanted, purge=purge, purge_exclude=stay)
        self.done = {
            "created": [*self.plan.create],
            "updated": [*self.plan.replace],
            "deleted": self.plan.delete,
            "unchanged": self.plan.unchanged,
        }

    def request(self) -> dict[str, Any]:
        """Return the plan as the action takes it that writes."""
        create, replace = (
            {name: self.kind.stored(fields) for name, fields in part.items()}
            for part in (self.plan.create, self.plan.replace)
        )
        return {"name": f"{self.kind.option}_write", "create": create, "replace": replace, "delete": self.plan.delete}

    def review(self, report: Mapping[str, Any]) -> None:
        """Compare what is there after the write with the plan, and reduce what was done to what is true."""
        found = {name: self.kind.normal(fields) for name, fields in report["objects"].items()}
        self.wrong = airflow_objects.unmet(self.plan, found, report["failed"])
        if self.wrong:
            self.keep(report["done"])

    def keep(self, done: Sequence[str]) -> None:
        """Reduce what was done to what was done before an error."""
        for part in ("created", "updated", "deleted"):
            self.done[part] = [name for name in self.done[part] if name in done]

    def diff(self) -> dict[str, Any]:
        """Return the diff of the plan."""
        return airflow_objects.diff(self.plan, self.current, self.kind.secret_fields)


def manage(module: AnsibleModule, kind: Kind) -> None:
    """Run a module for one kind of objects, and leave through the module's exits."""
    part = Part(kind, {**NO_PURGE, **module.params})

    def result() -> dict[str, Any]:
        wrong = {"failed_objects": part.wrong} if part.wrong else {}
        return {**part.done, "diff": part.diff(), **wrong}

    leave(module, [part], {kind.option: kind.redacted(part.entries)}, result)


def manage_all(module: AnsibleModule, kinds: Sequence[Kind]) -> None:
    """Run a module for several kinds of objects, each under an option that holds its own options."""
    parts, shown = [], {}
    for kind in kinds:
        if module.params[kind.option] is not None:
            options = validated(module, kind)
            parts.append(Part(kind, {**NO_PURGE, **options}))
            shown[kind.option] = {**options, kind.option: kind.redacted(options[kind.option])}

    def result() -> dict[str, Any]:
        wrong = {part.kind.option: part.wrong for part in parts if part.wrong}
        return {
            **{part.kind.option: part.done for part in parts},
            "diff": [
                {**part.diff(), "before_header": part.kind.option, "after_header": part.kind.option}
                for part in parts
                if part.plan.changed
            ],
            **({"failed_objects": wrong} if wrong else {}),
        }

    leave(module, parts, shown, result)


def validated(module: AnsibleModule, kind: Kind) -> dict[str, Any]:
    """Return the options of one kind, with defaults; leave through the module's exit if they are no such options."""
    given = ArgumentSpecValidator(kind.arguments).validate(module.params[kind.option])
    if given.error_messages:
        # The validator's own record of what is secret; private there, but what AnsibleModule itself uses.
        messages = remove_values(given.error_messages, given._no_log_values)
        module.fail_json(msg=f"{kind.option}: {'; '.join(messages)}")
    options: dict[str, Any] = given.validated_parameters
    return options


def leave(
    module: AnsibleModule, parts: Sequence[Part], shown: Mapping[str, Any], result: Callable[[], dict[str, Any]]
) -> None:
    """Run, and leave through the module's exits.

    :param module: the module
    :param parts: its kinds
    :param shown: options without the values of secrets, for Ansible's record of how the module was called
    :param result: returns what the module returns besides what all of them do
    """
    # As the lists are no_log, Ansible would take every id, host and number in them for a secret and garble the result.
    # That is built without secrets; only what Airflow says when it fails may hold one.
    module.no_log_values = set()
    run = Run(module, parts)

    def all_of_it() -> dict[str, Any]:
        return {**run.result(), **result(), "invocation": {"module_args": {**module.params, **shown}}}

    def safe(text: str) -> str:
        return without(set().union(*(part.kind.secrets(part.entries) for part in parts)), text)

    try:
        run.go()
    except RefusedError as error:
        module.fail_json(msg=str(error), problems=error.problems, **all_of_it())
    except (NotRunningError, InsideError) as error:
        module.fail_json(msg=safe(str(error)), **all_of_it())
    sentences = []
    for part in parts:
        part.wrong = {name: safe(what) for name, what in part.wrong.items()}
        listed = "; ".join(f"{name!r} {what}" for name, what in part.wrong.items())
        if listed:
            sentences.append(f"Airflow's {part.kind.option} are not as listed: {listed}.")
    if sentences:
        module.fail_json(msg=" ".join([*sentences, "What is not named here is."]), **all_of_it())
    module.exit_json(**all_of_it())


def without(secrets: set[str], text: str) -> str:
    """Return a text in which stars stand for secrets."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "********")
    return text


class Run:
    """One run over all kinds of a module.

    :ivar container: the container that was used
    :ivar starts: how many times Airflow was started
    """

    def __init__(self, module: AnsibleModule, parts: Sequence[Part]) -> None:
        self.module, self.parts = module, parts
        self.docker: str | None = module.get_bin_path("docker")
        self.container: str | None = None
        self.starts = 0

    def result(self) -> dict[str, Any]:
        """Return what is true of the run as a whole."""
        changed = any(part.changed for part in self.parts)
        return {"changed": changed, "container": self.container, "starts": self.starts}

    def go(self) -> None:
        """Read, compare, and outside of check mode write."""
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
        """Return what the actions report that read; nothing in check mode where no Airflow runs."""
        try:
            self.container = find_container(self.module.run_command, self.docker, self.module.params)
        except NotRunningError as error:
            if not self.module.check_mode:
                raise
            self.module.warn(f"Predicted that everything will be created, as no Airflow runs yet: {error}")
            return {}
        return self.act(
            self.parts,
            [{**part.kind.question(part.present), "name": f"{part.kind.option}_read"} for part in self.parts],
        )

    def compare(self, reports: Mapping[str, Any]) -> None:
        """Make the plans, all or none of them."""
        refused = []
        for part in self.parts:
            try:
                part.compare(reports.get(f"{part.kind.option}_read"))
            except RefusedError as error:
                refused += error.problems
        if refused:
            for part in self.parts:
                part.plan = airflow_objects.Plan()
                part.keep(())
            raise RefusedError(refused)

    def write(self, parts: Sequence[Part]) -> None:
        """Carry out the plans and compare what is there afterwards with them."""
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
