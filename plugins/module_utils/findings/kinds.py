"""All kinds of findings, by id. docs/findings.md is generated from this table."""

from __future__ import annotations

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings import (
    kinds_hosts,
    kinds_inputs,
    kinds_objects,
)

# Kinds by the heading under which docs/findings.md lists them: a sentence for each id.
GROUPS = {**kinds_inputs.GROUPS, **kinds_objects.GROUPS, **kinds_hosts.GROUPS}
KINDS = {each: sentence for kinds in GROUPS.values() for each, sentence in kinds.items()}
# Ids that are a matter of judgement: airflow_findings_accepted turns them into warnings.
ACCEPTABLE = frozenset(
    {
        *("disk-low", "inodes-low", "memory-low", "subnet-overlaps"),
        *("group-misspelt", "user-role-unknown", "variable-misspelt"),
    }
)
# Ids that never stop a run.
WARNINGS = frozenset(
    {
        *("disk-low-in-use", "inodes-low-in-use", "memory-low-in-use"),
        *("host-idle", "release-ended", "variables-unread"),
    }
)
