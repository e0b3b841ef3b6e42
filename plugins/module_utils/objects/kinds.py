"""The kinds of objects that the modules manage together, in the order in which they are written: roles before users."""

from __future__ import annotations

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.connections import ConnectionKind
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.kind import Kind
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.pools import PoolKind
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.roles import RoleKind
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.users import UserKind
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.variables import VariableKind

KINDS: list[Kind] = [ConnectionKind(), VariableKind(), PoolKind(), RoleKind(), UserKind()]
