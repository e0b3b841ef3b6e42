"""Users, read and written inside an Airflow container.

A user's fields are those of ``airflow users import``: email, firstname, lastname and roles (a sorted list of names).
There is also active and, for users whose password is to be compared, password: the given one if it matches, empty text
otherwise. A password hash never leaves the container.
"""

from __future__ import annotations

import getpass
import re
from typing import Any

from .commands import Airflow, check_database_once
from .compat import find


def action_users_read(_airflow: Airflow, request: dict[str, Any], report: dict[str, Any]) -> None:
    """Report all users and the names of all roles.

    Airflow's own command is not used: ``users export`` of Airflow 2.5 builds the whole web application, which takes
    four seconds, and reports neither whether a user is active nor anything about the password.

    Args:
        request: ``passwords`` to compare, by username.
        report: Gets ``objects``, fields by username; and ``roles``, names.
    """
    report["objects"] = users(request["passwords"])
    report["roles"] = role_names()


def action_users_write(airflow: Airflow, request: dict[str, Any], report: dict[str, Any]) -> None:
    """Create, replace and delete users, then report the current state of the ones that exist.

    Args:
        airflow: Runs Airflow's commands.
        request: ``create`` and ``replace``, fields by username; ``delete``, usernames.
        report: Gets ``done``, usernames; ``failed``, Airflow's reason by username; ``objects``, fields by username.
    """
    done = report.setdefault("done", [])
    failed = report.setdefault("failed", {})
    check_database_once()
    for name, fields in request["create"].items():
        airflow.attempt(name, failed, create, airflow, name, fields, done)
    for name, fields in request["replace"].items():
        airflow.attempt(name, failed, replace, name, fields, done)
    for name in request["delete"]:
        airflow.attempt(name, failed, delete, airflow, name, done)
    written = {**request["create"], **request["replace"]}
    found = users({name: fields["password"] for name, fields in written.items() if "password" in fields})
    report["objects"] = {name: found[name] for name in [*written, *request["delete"]] if name in found}


def users(passwords: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Return all users, keyed by username.

    Args:
        passwords: Passwords to compare, by username.
    """
    from airflow.utils.session import create_session  # noqa: PLC0415 - only the container has Airflow
    from werkzeug.security import check_password_hash  # noqa: PLC0415

    Role, User = find("Role"), find("User")  # noqa: N806 - these are classes
    found: dict[str, dict[str, Any]] = {}
    with create_session() as session:
        # Query columns, not objects: loading a user's roles would also load all of their permissions.
        columns = (User.username, User.email, User.first_name, User.last_name, User.active, User.password)
        for name, email, firstname, lastname, active, digest in session.query(*columns).order_by(User.username):
            found[name] = {"email": email, "firstname": firstname, "lastname": lastname, "roles": []}
            found[name]["active"] = bool(active)
            if name in passwords:
                same = digest and check_password_hash(digest, passwords[name])
                found[name]["password"] = passwords[name] if same else ""
        for name, role in session.query(User.username, Role.name).join(User.roles).order_by(Role.name):
            found[name]["roles"].append(role)
    return found


def role_names() -> list[str]:
    """Return the names of all roles, with Airflow's own even if the web application, which creates them, never ran."""
    from airflow.utils.session import create_session  # noqa: PLC0415

    with create_session() as session:
        names = {name for (name,) in session.query(find("Role").name)}
    own = find("EXISTING_ROLES")
    return sorted(names if names & own else names | own)


def create(airflow: Airflow, name: str, fields: dict[str, Any], done: list[str]) -> None:
    """Run ``users create`` with the first role, and ``users add-role`` for each other role.

    ``users import`` is not used: it creates users with an empty password.
    """
    first, *others = fields["roles"]
    user = (f"--email={fields['email']}", f"--firstname={fields['firstname']}", f"--lastname={fields['lastname']}")
    # The command prompts for the password twice; passing it in any other way would put it into the audit log.
    asking = getpass.getpass
    getpass.getpass = lambda *_args, **_options: fields["password"]
    try:
        dispatch(airflow, "users", "create", f"--username={name}", *user, f"--role={first}")
    finally:
        getpass.getpass = asking
    done.append(name)
    for role in others:
        dispatch(airflow, "users", "add-role", f"--username={name}", f"--role={role}")


def replace(name: str, fields: dict[str, Any], done: list[str]) -> None:
    """Update a user in one transaction.

    No command does this: ``users import`` changes neither an email nor a password, and ``users add-role``
    and ``users remove-role`` change one role at a time.
    """
    from airflow.utils.session import create_session  # noqa: PLC0415
    from werkzeug.security import generate_password_hash  # noqa: PLC0415

    Role, User = find("Role"), find("User")  # noqa: N806 - these are classes
    with create_session() as session:
        row = session.query(User).filter(User.username == name).one()
        row.email, row.first_name, row.last_name = fields["email"], fields["firstname"], fields["lastname"]
        row.roles = session.query(Role).filter(Role.name.in_(fields["roles"])).all()
        if "password" in fields:
            row.password = generate_password_hash(fields["password"])
    done.append(name)


def delete(airflow: Airflow, name: str, done: list[str]) -> None:
    """Run ``users delete``."""
    dispatch(airflow, "users", "delete", f"--username={name}")
    done.append(name)


def dispatch(airflow: Airflow, *argv: str) -> None:
    """Run a ``users`` command. Only its log has the reason of a database error, with the statement and a hash.

    Raises:
        SystemExit: With the database's reason, if the command fails.
    """
    try:
        airflow.command(*argv)
    except SystemExit as error:
        reason = re.search(r"\(\w+\.errors\.(\w+)\) (.+)", airflow.output)
        raise SystemExit(f"{reason[1]}: {reason[2]}" if reason else error.code) from error
