"""Roles and their permissions, read and written inside an Airflow container.

A role's only field is permissions: a sorted list of dicts with ``resource`` and a sorted list of ``actions``. Airflow's
own roles are neither read nor written. The permissions on a DAG that sets ``access_control`` are left out, because
Airflow overwrites them whenever the DAG changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from .commands import Airflow
from .compat import access_control, find


def action_roles_read(_airflow: Airflow, request: dict[str, Any], report: dict[str, Any]) -> None:
    """Report all roles, except Airflow's own.

    Airflow's own command is not used: ``roles export`` builds the whole web application, which takes four seconds.

    Args:
        request: ``resources``, names of the listed resources.
        report: Gets ``objects``, fields by name; and ``governed``, see the function governed.
    """
    report["objects"], report["governed"] = roles(request["resources"])


def action_roles_write(airflow: Airflow, request: dict[str, Any], report: dict[str, Any]) -> None:
    """Create, replace and delete roles, then report the current state of the ones that exist.

    Args:
        airflow: Classifies errors.
        request: ``create`` and ``replace``, fields by name; ``delete``, names.
        report: Gets ``done``, names; ``failed``, Airflow's reason by name; ``objects``, fields by name.
    """
    done = report.setdefault("done", [])
    failed = report.setdefault("failed", {})
    written = {**request["create"], **request["replace"]}
    for name, fields in written.items():
        airflow.attempt(name, failed, put, name, fields, done)
    for name in request["delete"]:
        airflow.attempt(name, failed, delete, name, done)
    found, _ = roles(())
    report["objects"] = {name: found[name] for name in [*written, *request["delete"]] if name in found}


def roles(resources: Iterable[str]) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Return the fields of all roles, and which resources DAGs govern: of the roles' resources and of some others.

    Args:
        resources: The other resources.
    """
    from airflow.utils.session import create_session  # noqa: PLC0415 - only the container has Airflow

    with create_session() as session:
        found = held(session)
        owned = governed(session, {*resources, *(resource for each in found.values() for resource in each)})
    objects = {
        name: {
            "permissions": [
                {"resource": resource, "actions": sorted(each[resource])}
                for resource in sorted(each)
                if resource not in owned
            ]
        }
        for name, each in sorted(found.items())
    }
    return objects, owned


def held(session: Any) -> dict[str, dict[str, list[str]]]:
    """Return the actions of all roles, except Airflow's own, by role and resource."""
    role, permission, action, resource = models()
    # Query columns, not objects: loading a role would also load all of its permissions, a row each.
    others = role.name.notin_(sorted(find("EXISTING_ROLES")))
    found: dict[str, dict[str, list[str]]] = {name: {} for (name,) in session.query(role.name).filter(others)}
    pairs = session.query(role.name, resource.name, action.name).join(role.permissions)
    pairs = pairs.join(permission.resource).join(permission.action).filter(others)
    for name, resource_name, action_name in pairs:
        found[name].setdefault(resource_name, []).append(action_name)
    return found


def models() -> tuple[Any, Any, Any, Any]:
    """Return Airflow's classes of roles, permissions, actions and resources."""
    role = find("Role")
    permission = role.permissions.property.mapper.class_
    return role, permission, permission.action.property.mapper.class_, permission.resource.property.mapper.class_


def governed(session: Any, resources: Iterable[str]) -> list[str]:
    """Return the resources of DAGs that set ``access_control``, of some resources."""
    from airflow.models.serialized_dag import SerializedDagModel  # noqa: PLC0415

    found = []
    for resource in sorted(resources):
        dag = re.match(r"DAG(?: Run)?:(.+)", resource, re.DOTALL)
        row = SerializedDagModel.get(dag[1], session=session) if dag else None
        if row and access_control(row.data["dag"]) is not None:
            found.append(resource)
    return found


def put(name: str, fields: dict[str, Any], done: list[str]) -> None:
    """Create or update a role in one transaction, except for permissions on governed resources.

    No command does this: ``roles add-perms`` and ``roles del-perms`` of Airflow 2.5 refuse a resource that does not
    exist yet, such as that of a DAG to come, and each of them is a transaction for each permission.
    """
    from airflow.utils.session import create_session  # noqa: PLC0415

    role, *_ = models()
    with create_session() as session:
        row = named(session, role, name)
        wanted = {each["resource"]: each["actions"] for each in fields["permissions"]}
        owned = governed(session, {*wanted, *(each.resource.name for each in row.permissions)})
        kept = [each for each in row.permissions if each.resource.name in owned]
        row.permissions = kept + [
            pair(session, action, resource)
            for resource, actions in wanted.items()
            if resource not in owned
            for action in actions
        ]
    done.append(name)


def pair(session: Any, action_name: str, resource_name: str) -> Any:
    """Return the permission for an action on a resource, created like both of them if missing."""
    _, permission, action, resource = models()
    found = session.query(permission).join(permission.action).join(permission.resource)
    found = found.filter(action.name == action_name, resource.name == resource_name).first()
    if found is None:
        parts = {"action": named(session, action, action_name), "resource": named(session, resource, resource_name)}
        found = create(session, permission(**parts))
    return found


def named(session: Any, model: Any, name: str) -> Any:
    """Return the row of a model with a name, created if missing."""
    row = session.query(model).filter(model.name == name).one_or_none()
    return create(session, model(name=name)) if row is None else row


def create(session: Any, row: Any) -> Any:
    """Add a row so that later queries find it: Airflow's sessions do not flush by themselves."""
    session.add(row)
    session.flush()
    return row


def delete(name: str, done: list[str]) -> None:
    """Delete a role, and take it from the users who have it, in one transaction."""
    from airflow.utils.session import create_session  # noqa: PLC0415

    role = find("Role")
    with create_session() as session:
        (number,) = session.query(role.id).filter(role.name == name).one()
        # Databases that come from earlier releases lack the cascades that the models of later ones rely on.
        for table in role.metadata.tables.values():
            for key in table.foreign_keys:
                if key.target_fullname.endswith("ab_role.id"):
                    session.execute(table.delete().where(key.parent == number))
        session.query(role).filter(role.id == number).delete(synchronize_session=False)
    done.append(name)
