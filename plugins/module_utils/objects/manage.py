"""Runs the modules for Airflow's objects, from their options to their results.

A module manages one kind of objects, or several kinds with the same starts of Airflow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.airflow import (
    InsideError,
    NotRunningError,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.kind import Kind, RefusedError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.part import Part
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.run import Run

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

# Default options for a kind whose objects the module cannot purge.
NO_PURGE = {"purge": False, "purge_exclude": ()}


def manage(module: AnsibleModule, kind: Kind) -> None:
    """Run a module for one kind of objects, and exit with its result or failure."""
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
    """Return the options of one kind, with defaults; let the module fail if they are invalid."""
    given = ArgumentSpecValidator(kind.arguments).validate(module.params[kind.option])
    if given.error_messages:
        # The validator's own record of secret values; private, but AnsibleModule itself uses it.
        messages = remove_values(given.error_messages, given._no_log_values)
        module.fail_json(msg=f"{kind.option}: {'; '.join(messages)}")
    options: dict[str, Any] = given.validated_parameters
    return options


def leave(
    module: AnsibleModule, parts: Sequence[Part], shown: Mapping[str, Any], result: Callable[[], dict[str, Any]]
) -> None:
    """Run the module, and exit with its result or failure.

    Args:
        module: The module.
        parts: Its kinds.
        shown: Options without the values of secrets, for Ansible's record of how the module was called.
        result: Returns the results of this module, in addition to those of all modules.
    """
    # The lists are no_log, so Ansible would treat every id, host and number in them as a secret and garble the result.
    # The result is built without secrets; only an error message of Airflow may contain one.
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
            sentences.append(f"Some {part.kind.option} do not match the list: {listed}.")
    if sentences:
        module.fail_json(msg=" ".join([*sentences, "All other listed objects match."]), **all_of_it())
    module.exit_json(**all_of_it())


def without(secrets: set[str], text: str) -> str:
    """Replace secrets in a string by stars."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "********")
    return text
