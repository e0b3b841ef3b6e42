"""The report of a rehearsal."""

from __future__ import annotations

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.upgrade.comparison import deleted
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.upgrade.wanted import lines


@pytest.mark.parametrize(("seconds", "words"), [(61.4, "about 73 s for its database"), (3600, "about 60 minutes for")])
def test_the_expected_time(seconds: float, words: str) -> None:
    report = {
        "megabytes": {"before": 84, "after": 171},
        "seconds": {"copy": 12.0, "steps": {"3.3.2": seconds}},
        "encrypted": 250,
        "cleaned": "",
    }
    assert words in lines(report)[-1]


def test_deleted_history() -> None:
    before, after = {"public.dag_run": 20, "public.xcom": 7}, {"public.dag_run": 5, "public.xcom": 7}
    assert deleted(before, after) == "Deleting old history left 5 of 20 rows of dag_run."
    assert deleted(before, before) == "There was no old history to delete."
