"""The kinds of objects that the modules manage together, in the order in which they are written."""

from __future__ import annotations

from ansible.module_utils.airflow_connection_kind import ConnectionKind
from ansible.module_utils.airflow_manage import Kind

KINDS: list[Kind] = [ConnectionKind()]
