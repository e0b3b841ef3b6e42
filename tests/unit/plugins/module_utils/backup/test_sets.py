"""Sets of snapshots: which are complete, which are removed, and what a timer's set is called."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup import sets

FIRST, SECOND, THIRD = "20261127T023000Z", "20261128T023000Z", "20261129T023000Z"


def snapshot(name: str, kind: str, host: str = "one", number: int = 0) -> dict[str, Any]:
    """Return a snapshot as restic lists it."""
    return {"id": f"{kind}-{name}-{host}-{number}", "hostname": host, "tags": ["airflow", f"set={name}", kind]}


def test_only_a_manifest_makes_a_set_complete() -> None:
    found = [
        snapshot(FIRST, "part"),
        snapshot(FIRST, "manifest"),
        snapshot(SECOND, "part"),
        snapshot(SECOND, "part", "two"),
    ]
    assert sets.complete(found) == [FIRST]
    assert sets.complete([]) == []


def test_snapshots_of_other_people_belong_to_no_set() -> None:
    others = [{"id": "x", "hostname": "one", "tags": None}, {"id": "y", "hostname": "one", "tags": ["manifest"]}]
    assert sets.complete(others) == []
    assert sets.outdated([*others, snapshot(SECOND, "manifest")], [SECOND]) == []


def test_of_several_parts_of_a_host_the_newest_counts() -> None:
    found = [snapshot(FIRST, "part", number=1), snapshot(FIRST, "part", number=2), snapshot(FIRST, "part", "two")]
    assert sets.parts(found, FIRST) == {"one": f"part-{FIRST}-one-2", "two": f"part-{FIRST}-two-0"}
    assert sets.parts(found, SECOND) == {}


def test_whole_sets_are_removed_but_none_that_may_still_grow() -> None:
    found = [snapshot(name, kind) for name in (FIRST, SECOND) for kind in ("part", "manifest")]
    # A backup is under way.
    found.append(snapshot(THIRD, "part"))
    assert sets.outdated(found, [SECOND]) == [f"part-{FIRST}-one-0", f"manifest-{FIRST}-one-0"]
    # An older one without a manifest was killed.
    killed = [snapshot(FIRST, "part"), snapshot(SECOND, "part"), snapshot(SECOND, "manifest")]
    assert sets.outdated(killed, [SECOND]) == [f"part-{FIRST}-one-0"]


def test_nothing_is_removed_while_no_set_is_complete() -> None:
    assert sets.outdated([snapshot(FIRST, "part"), snapshot(SECOND, "part")], []) == []


@pytest.mark.parametrize(
    ("now", "every", "at", "slot"),
    [
        ("2026-11-29T02:30:07", "daily", "02:30", "20261129T023000Z"),
        # After a power cut, a timer makes up for the time that has passed.
        ("2026-11-29T02:29:59", "daily", "02:30", "20261128T023000Z"),
        ("2027-01-01T00:10:00", "daily", "23:45", "20261231T234500Z"),
        ("2026-11-29T07:15:00", "hourly", "02:15", "20261129T071500Z"),
        ("2026-11-29T00:05:00", "hourly", "02:30", "20261128T233000Z"),
    ],
)
def test_all_hosts_give_a_scheduled_set_the_same_name(now: str, every: str, at: str, slot: str) -> None:
    assert sets.slot(datetime.fromisoformat(now).replace(tzinfo=UTC), every, at) == slot
    assert sets.NAME.fullmatch(slot)
