"""Any value of any variable gives a finding that names the variable, or a plan; never an error of ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.judged import judge, planned, spec

ROOT = Path(__file__).resolve().parents[2]
BASE = ROOT / "tests" / "unit" / "good_inventories" / "ini" / "hosts.ini"
NAMES = [name for role in ("airflow", "docker", "projects") for name in spec(role)]
TEXTS = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="{}", exclude_categories=("Cs", "Cc")), max_size=12),
    st.sampled_from(["", " ", "~", "/", "..", "-1", "0", "1e3", "yes", "null", "a:b:c", "[", "${x}", "http://", "::1"]),
)
SCALARS = st.one_of(TEXTS, st.integers(-(2**40), 2**40), st.booleans(), st.none(), st.floats(allow_nan=False))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(TEXTS, inner, max_size=2)),
    max_leaves=4,
)


@pytest.fixture(autouse=True)
def _directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def fields(name: str) -> st.SearchStrategy[Any]:
    """Values of a variable: anything, or lists and dicts with the keys that it knows, which get further."""
    for role in ("airflow", "docker", "projects"):
        if option := spec(role).get(name):
            keys = list(option.get("options") or {"name": {}, "a": {}})
            entry = st.dictionaries(st.sampled_from(keys), VALUES, min_size=1, max_size=3)
            known = {"list": st.lists(st.one_of(entry, TEXTS), max_size=2), "dict": entry}
            return st.one_of(VALUES, known.get(option.get("type", "str"), TEXTS))
    raise AssertionError(name)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(data=st.data())
def test_a_finding_or_a_plan(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(NAMES))
    value = data.draw(fields(name))
    hits = judge(BASE, variables={name: value})
    if hits:
        # Another variable may contradict it, and then names it.
        assert [hit for hit in hits if name in hit.place or name in hit.text], (name, value, hits)
    else:
        assert planned(BASE, variables={name: value})["project"] == "airflow"
