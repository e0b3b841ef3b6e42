"""Checks of the settings of backups."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.environment import value_reason
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.formats import is_whole

# Kinds of repositories; restic has more, which are untested.
KINDS = re.compile(r"/|sftp:|rest:https?://|s3:")
TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
SUBSET = re.compile(r"(100|[1-9]?\d(\.\d+)?)%|\d+[KMGT]|\d+/\d+")
UNITS = ("hourly", "daily", "weekly", "monthly")
PLACE = "airflow_backup_repository"
# Variables of restic that backups set themselves, and the variables of this project for their values.
MANAGED = {
    "RESTIC_REPOSITORY": PLACE,
    "RESTIC_REPOSITORY_FILE": PLACE,
    "RESTIC_PASSWORD": "airflow_backup_password",
    "RESTIC_PASSWORD_FILE": "airflow_backup_password",
    "RESTIC_PASSWORD_COMMAND": "airflow_backup_password",
}


def backup_problems(inputs: Mapping[str, Any], projects_directory: str) -> list[Finding]:
    """Return what is wrong with the variables ``airflow_backup_*``.

    Args:
        inputs: The public variables of role airflow that are set, by name.
        projects_directory: Directory of the projects on the hosts.
    """
    repository = str(inputs["airflow_backup_repository"])
    sources = [projects_directory, inputs["airflow_directory"], inputs["airflow_secrets_directory"]]
    problems = _repository(repository, sources)
    problems += _formats(str(inputs["airflow_backup_time"]), str(inputs["airflow_backup_check_subset"]))
    # Of a command, only the first word is a path.
    paths = {name: inputs[f"airflow_backup_{name}"] for name in ("extra_paths", "before", "after")}
    for name, words in paths.items():
        checked = [str(word) for word in (words if name == "extra_paths" else words[:1])]
        relative = [word for word in checked if not word.startswith("/")]
        if name != "extra_paths":
            # The rest of a whole command in one word can be a secret.
            relative = [next(iter(word.split()), "the first word") for word in relative]
        if relative:
            text = f"{', '.join(relative)} must begin with /; write the full path on the hosts."
            problems.append(Finding("path-relative", f"airflow_backup_{name}", text))
    return problems + _keep(inputs["airflow_backup_keep"]) + _environment(inputs.get("airflow_backup_environment", {}))


def _formats(time: str, subset: str) -> list[Finding]:
    """Return what is wrong with the form of a time of the day and of a part of a repository."""
    problems = []
    if not TIME.fullmatch(time):
        text = f'{time!r} is not a time of the day in UTC; write it in quotes, such as "02:30".'
        problems.append(Finding("time-invalid", "airflow_backup_time", text))
    if not SUBSET.fullmatch(subset):
        text = f"{subset!r} is not a part of a repository; write a percentage such as 10%, or a size such as 500M."
        problems.append(Finding("subset-invalid", "airflow_backup_check_subset", text))
    return problems


def _repository(repository: str, sources: list[str]) -> list[Finding]:
    """Return what is wrong with the repository."""
    if re.search(r"://[^/@]*:[^/@]*@", repository):
        text = (
            "has a password in its address, which errors would show; write the user and the password as "
            "RESTIC_REST_USERNAME and RESTIC_REST_PASSWORD in airflow_backup_environment."
        )
        return [Finding("repository-password", PLACE, text)]
    if not KINDS.match(repository):
        text = (
            f"{repository!r} is not a repository; write a directory on the hosts that begins with /, or restic's "
            "notation: sftp:USER@HOST:/PATH, rest:https://HOST/PATH, s3:https://HOST/BUCKET."
        )
        return [Finding("repository-invalid", PLACE, text)]
    inside = [source for source in sources if f"{repository}/".startswith(f"{source.rstrip('/')}/")]
    return [
        Finding(
            "repository-inside",
            PLACE,
            f"{repository} is in {source}, which is backed up, so the repository would contain itself; write another "
            "directory.",
        )
        for source in inside[:1]
    ]


def _environment(environment: Any) -> list[Finding]:
    """Return what is wrong with the environment of restic. No text contains a value: it is a secret."""
    name = "airflow_backup_environment"
    if not isinstance(environment, Mapping):
        return [Finding("type-wrong", name, "must be a dict of variables, as in {AWS_DEFAULT_REGION: eu-central-1}.")]
    problems = []
    for variable, value in environment.items():
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", str(variable)):
            text = f"{str(variable)!r} is not a valid name of an environment variable."
            problems.append(Finding("name-invalid", name, text))
        elif variable in MANAGED:
            text = f"backups set this variable themselves; set {MANAGED[variable]}, and remove this."
            problems.append(Finding("variable-managed", f"{name}.{variable}", text))
        elif reason := value_reason(value):
            problems.append(Finding(reason[0], f"{name}.{variable}", reason[1]))
    return problems


def _keep(keep: Mapping[str, Any]) -> list[Finding]:
    """Return what is wrong with the retention."""
    place = "airflow_backup_keep"
    if unknown := sorted(set(keep) - set(UNITS)):
        text = f"{', '.join(unknown)} is not known; write numbers for {', '.join(UNITS)}."
        return [Finding("retention-unknown", place, text)]
    if any(not isinstance(count, int) or not is_whole(count) for count in keep.values()):
        return [Finding("number-out-of-range", place, "write whole numbers of sets, 0 or more.")]
    if not any(keep.values()):
        return [Finding("retention-empty", place, "would remove every backup; write at least one number above 0.")]
    return []
