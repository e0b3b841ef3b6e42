"""Once Airflow holds a list there is nothing to do: lists that hypothesis invents, on a real Airflow."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.airflow import CONTAINER_OPTIONS
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.connections import ConnectionKind
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.kind import Kind
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.run import Part, Run
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.objects.stack import MARKS, PROJECT, Stack, run_command

# Everything that YAML, JSON and Postgres can carry.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
CONNECTION = st.fixed_dictionaries(
    {"conn_type": st.sampled_from(["http", "postgres", "generic", "fs"])},
    optional={
        **dict.fromkeys(("description", "host", "schema", "login", "password"), TEXT | st.none()),
        "port": st.integers(0, 65535) | st.none(),
        "extra": st.dictionaries(TEXT, JSON, max_size=4) | st.none(),
    },
)
# Airflow 3 takes no two dots.
CONN_ID = st.text(sorted({*MARKS, *"XYZ019_"}), min_size=1, max_size=20).filter(lambda name: ".." not in name)
CONNECTIONS = st.dictionaries(CONN_ID, CONNECTION, min_size=10, max_size=60).map(
    lambda listed: [{"conn_id": name, **fields} for name, fields in listed.items()]
)

# Each example is up to sixty objects and three starts of Airflow, so few are many. The core ones are always the same.
CORE = settings(
    max_examples=4,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
MANY = settings(CORE, max_examples=25, derandomize=False, print_blob=True)


def apply(kind: Kind, **options: Any) -> Part:
    """What the module does, in this process."""
    valid = ArgumentSpecValidator(kind.arguments).validate(options)
    assert not valid.error_messages
    container = {name: option.get("default") for name, option in CONTAINER_OPTIONS.items()}
    module: Any = SimpleNamespace(
        params={**container, "project": PROJECT},
        check_mode=False,
        run_command=run_command,
        get_bin_path=lambda name: name,
    )
    part = Part(kind, valid.validated_parameters)
    Run(module, [part]).go()
    assert part.wrong == {}
    return part


def round_trip(kind: Kind, entries: list[dict[str, Any]]) -> None:
    """Let Airflow hold these entries and nothing else, from whatever it held before."""
    first = apply(kind, **{kind.option: entries}, purge=True)
    assert len([*first.done["created"], *first.done["updated"], *first.done["unchanged"]]) == len(entries)
    again = apply(kind, **{kind.option: entries}, purge=True)
    assert not again.changed, again.done
    assert len(again.done["unchanged"]) == len(entries)


@pytest.mark.usefixtures("running")
@CORE
@given(CONNECTIONS)
def test_connections(entries: list[dict[str, Any]]) -> None:
    round_trip(ConnectionKind(), entries)


@pytest.mark.slow
@pytest.mark.usefixtures("running")
@MANY
@given(CONNECTIONS)
def test_many_connections(entries: list[dict[str, Any]]) -> None:
    round_trip(ConnectionKind(), entries)


def test_it_would_find_a_difference(stack: Stack) -> None:
    """A tampered value makes the round trip fail, so the tests above can."""
    entries = [{"conn_id": "c", "conn_type": "http", "extra": {"a": 1}}]
    round_trip(ConnectionKind(), entries)
    stack.sql("""UPDATE connection SET extra = '{"a": 1.0}', is_extra_encrypted = false""")
    assert apply(ConnectionKind(), connections=entries).done["updated"] == ["c"]
