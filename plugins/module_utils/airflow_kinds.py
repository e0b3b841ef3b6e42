"""The kinds of objects that the modules manage together, in the order in which they are written."""

from __future__ import annotations

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.airflow_connection_kind import ConnectionKind
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.airflow_manage import Kind
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.airflow_pool_kind import PoolKind
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.airflow_user_kind import UserKind
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.airflow_variable_kind import VariableKind

KINDS: list[Kind] = [ConnectionKind(), VariableKind(), PoolKind(), UserKind()]
