"""Which of Airflow's options and environment variables the inventory may set, and how it may spell them.

An option of airflow.cfg has the same meaning as the environment variable that is named after it, which wins over the
file. So the same table judges both. No AnsibleModule in here.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Problems = list[str]
# Of options that are no longer read, where they are read instead, as ``section.option``, or nothing: a dict of sections
# by the release from which on that is so, such as ``3`` or ``3.2``.
MovedOptions = Mapping[str, Mapping[str, Mapping[str, str]]]
Option = tuple[str, str]

_GENERATED = "remove it to have one generated, or set {}"
_PROXY = "the web server speaks HTTP only; leave TLS to a proxy in front of it, and remove this"

# Options that the stack sets itself, with what the user writes instead. Names that Airflow still reads in place of the
# current one are here too: `deprecated_options` in airflow/configuration.py of 2.5 and 2.11, from 3.2 on in
# airflow/_shared/configuration/parser.py.
MANAGED_OPTIONS: dict[Option, str] = {
    ("core", "executor"): "the stack runs on Celery; remove it",
    ("core", "dags_folder"): "set airflow_dags_source",
    ("core", "plugins_folder"): "set airflow_plugins_source",
    ("core", "fernet_key"): _GENERATED.format("airflow_fernet_key"),
    ("core", "hostname_callable"): "the stack's log addresses depend on it; remove it",
    ("core", "sql_alchemy_conn"): "set airflow_postgres_password",
    ("database", "sql_alchemy_conn"): "set airflow_postgres_password",
    ("database", "sql_alchemy_conn_async"): "it follows from the other options; remove it",
    ("celery", "broker_url"): "set airflow_redis_password",
    ("celery", "result_backend"): "set airflow_postgres_password",
    ("celery", "worker_concurrency"): "set airflow_worker_concurrency",
    ("celery", "worker_autoscale"): "Celery loses tasks when it scales down; set airflow_worker_concurrency",
    ("webserver", "secret_key"): _GENERATED.format("airflow_webserver_secret_key"),
    ("api", "secret_key"): _GENERATED.format("airflow_webserver_secret_key"),
    ("api_auth", "jwt_secret"): _GENERATED.format("airflow_jwt_secret"),
    ("core", "auth_manager"): "the stack keeps its users with FAB; remove it",
    ("core", "execution_api_server_url"): "it follows from the inventory; remove it",
    ("workers", "execution_api_server_url"): "it follows from the inventory; remove it",
    ("dag_processor", "dag_bundle_config_list"): "set airflow_dags_source or airflow_dags_git",
    ("scheduler", "enable_health_check"): "its server disturbs the scheduler's connection to the database; remove it",
    ("webserver", "web_server_port"): "set airflow_web_port",
    ("webserver", "web_server_host"): "set airflow_web_bind_address",
    ("webserver", "web_server_ssl_cert"): _PROXY,
    ("webserver", "web_server_ssl_key"): _PROXY,
    ("api", "port"): "set airflow_web_port",
    ("api", "host"): "set airflow_web_bind_address",
    ("api", "ssl_cert"): _PROXY,
    ("api", "ssl_key"): _PROXY,
}

# What a section or an option may be called: configparser takes a space, a colon or an equals sign for its end, so
# such a name would set an option that was never checked.
_NAME = r"[A-Za-z0-9_.-]+"
_NAME_WORDS = "write letters, digits, dots, dashes and underscores only."

# Options with an older name that Airflow 2 still reads, where the stack reads the current one.
RENAMED_OPTIONS: dict[Option, str] = {("celery", "default_queue"): "operators.default_queue"}

# Options that the stack derives other values from, or checks: it has to see them, so they cannot be in the environment.
READ_OPTIONS: dict[Option, str] = {
    ("celery_broker_transport_options", "visibility_timeout"): "",
    ("operators", "default_queue"): "",
    ("webserver", "base_url"): "",
    ("api", "base_url"): "",
    ("webserver", "workers"): "airflow_web_workers",
    ("api", "workers"): "airflow_web_workers",
}

# Other variables that Airflow or its image reads, as patterns of the whole name, with what the user writes instead.
MANAGED_VARIABLES: dict[str, str] = {
    r"_PIP_ADDITIONAL_REQUIREMENTS": "set airflow_extra_packages",
    r"_AIRFLOW_DB_(UPGRADE|MIGRATE)": "site.yml migrates the database; remove it",
    r"_AIRFLOW_WWW_USER_\w+": "set airflow_admin_username and airflow_admin_password, or airflow_users",
    r"AIRFLOW_(HOME|CONFIG)": "the paths of the stack's files depend on it; remove it",
    r"AIRFLOW_[UG]ID": "the services run as the image's own user; remove it",
    r"AIRFLOW_VERSION": "set airflow_version",
    r"AIRFLOW_STACK_\w*": "it tells DAGs about the stack; remove it",
    r"CONNECTION_CHECK_\w+": "Docker restarts a service until its database answers; remove it",
    r"DUMB_INIT_\w+": "it decides how a worker finishes its tasks; remove it",
}


def config_problems(config: Any, version: str, moved: MovedOptions) -> Problems:
    """Return what is wrong with ``airflow_config``.

    :param config: options of airflow.cfg as a dict of sections
    :param version: value of ``airflow_version``
    :param moved: options that are no longer read
    """
    if not isinstance(config, Mapping):
        return ["airflow_config: must be a dict of sections, as in core: {parallelism: 16}."]
    problems = []
    places = _places(version, moved)
    for section, options in config.items():
        name = f"airflow_config.{section}"
        if not re.fullmatch(_NAME, str(section)):
            problems.append(f"airflow_config: {str(section)!r} is no name of a section; {_NAME_WORDS}")
            continue
        if not isinstance(options, Mapping):
            problems.append(f"{name}: must be a dict of options, as in core: {{parallelism: 16}}.")
            continue
        if section != str(section).lower():
            problems.append(
                f"{name}: Airflow reads sections in lower case only; write airflow_config.{section.lower()}."
            )
        lower = [str(option).lower() for option in options]
        for option in options:
            if not re.fullmatch(_NAME, str(option)):
                problems.append(f"{name}: {str(option)!r} is no name of an option; {_NAME_WORDS}")
                continue
            if lower.count(str(option).lower()) > 1:
                problems.append(f"{name}.{option}: is given twice, in different letter case; write it once.")
                continue
            reason = _reason(str(section), str(option), version, places)
            if reason:
                problems.append(f"{name}.{option}: {reason}")
    return problems


def environment_problems(environment: Any, version: str, moved: MovedOptions) -> Problems:
    """Return what is wrong with ``airflow_environment``.

    :param environment: values by the names of the variables
    :param version: value of ``airflow_version``
    :param moved: options that are no longer read
    """
    if not isinstance(environment, Mapping):
        return ["airflow_environment: must be a dict of variables, as in {TZ: Europe/Berlin}."]
    problems = []
    places = _places(version, moved)
    for name, value in environment.items():
        reason = _name_reason(str(name), version, places)
        if not reason and not isinstance(value, (str, int, float)):
            reason = f"this is {_kind(value)}; write text in quotes, such as JSON, or '' for an empty value."
        if reason:
            problems.append(f"airflow_environment.{name}: {reason}")
    return problems


def _kind(value: Any) -> str:
    """Return in words what a value is that is no text; YAML makes a date of some texts."""
    # Ansible has types of its own for both.
    kinds: dict[str, Any] = {"no value": type(None), "a dict": Mapping, "a list": Sequence, "a date": datetime.date}
    return next((words for words, kind in kinds.items() if isinstance(value, kind)), "no text")


def given(config: Mapping[str, Any], section: str, option: str) -> Any:
    """Return the value of an option, which Airflow finds in any letter case, or None.

    :param config: value of ``airflow_config``
    :param section: the section
    :param option: the option, in lower case
    """
    options = config.get(section)
    if not isinstance(options, Mapping):
        return None
    return next((value for name, value in options.items() if str(name).lower() == option), None)


def _name_reason(name: str, version: str, places: Mapping[Option, str]) -> str:
    """Return why a variable has no place in the environment, empty if it has one."""
    upper = name.upper()
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", name):
        return "this is no name of an environment variable; write letters, digits and underscores."
    managed = next((instead for pattern, instead in MANAGED_VARIABLES.items() if re.fullmatch(pattern, upper)), None)
    if managed:
        return f"this variable is managed by the stack; {managed}."
    reason = _option_reason(upper, version, places) if upper.startswith("AIRFLOW__") else ""
    if not reason and name != upper and upper.startswith(("AIRFLOW__", "AIRFLOW_CONN_", "AIRFLOW_VAR_")):
        reason = f"Airflow reads names in upper case only; write {upper}."
    return reason


def _option_reason(name: str, version: str, places: Mapping[Option, str]) -> str:
    """Return why an option has no place in the environment, empty if it has one.

    :param name: the variable, in upper case
    :param version: value of ``airflow_version``
    :param places: where this release reads options that moved
    """
    match = re.fullmatch(r"AIRFLOW__(.+?)__(.+)", name)
    if not match:
        return "Airflow ignores it; write AIRFLOW__SECTION__OPTION, or the option in airflow_config."
    section, option = match[1].lower(), match[2].lower()
    read = next((plain for plain in _plain(option) if (section, plain) in READ_OPTIONS), None)
    reason = _reason(section, option, version, places, write="airflow_config.{}")
    if read and not reason:
        variable = READ_OPTIONS[section, read] or f"airflow_config.{section}.{read}"
        reason = f"the stack has to see this option; write it in {variable}."
    return reason


def _reason(section: str, option: str, version: str, places: Mapping[Option, str], write: str = "that") -> str:
    """Return why an option has no place in the inventory, empty if it has one.

    :param section: its section
    :param option: its name, in any letter case
    :param version: value of ``airflow_version``
    :param places: where this release reads options that moved
    :param write: what to write in place of an option that moved, ``{}`` being its new place
    """
    for plain in _plain(option):
        found = (section.lower(), plain)
        if found in MANAGED_OPTIONS:
            return f"this option is managed by the stack; {MANAGED_OPTIONS[found]}."
        place = places.get(found, RENAMED_OPTIONS.get(found))
        if place:
            return f"Airflow {version} reads it as {place}; write {write.format(place)}."
        if place is not None:
            return f"Airflow {version} has no such option; remove it."
    return ""


def _plain(option: str) -> Iterator[str]:
    """Yield the option's name, and that of the option that a command or a secrets backend gives with it."""
    yield option.lower()
    if match := re.fullmatch(r"(.+)_(cmd|secret)", option.lower()):
        yield match[1]


def _places(version: str, moved: MovedOptions) -> dict[Option, str]:
    """Return where a release reads the options that it no longer reads where they were."""
    places: dict[Option, str] = {}
    for since in sorted(moved, key=numbers):
        if numbers(since) <= numbers(version):
            places.update(
                {(section, name): at for section, names in moved[since].items() for name, at in names.items()}
            )
    return places


def numbers(version: str) -> list[int]:
    """Return the numbers of a release, such as ``2.5.3``, to compare it with another one."""
    return [int(number) for number in version.split(".")]
