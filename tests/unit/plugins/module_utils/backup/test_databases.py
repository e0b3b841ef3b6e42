"""Names of restored databases, and what may be run of a dump. Scenario `backup` restores real ones."""

from __future__ import annotations

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup import archive, counts, databases

STAMP = "20261130T071500Z"
# Of pg_restore --create --list, shortened. The owner of a database can choose all names but that of the kind.
LISTED = """\
;
; Archive created at 2026-11-29 19:04:00 UTC
3456; 1262 16385 DATABASE - shop shop
3457; 0 0 DATABASE PROPERTIES - shop shop
3458; 0 0 ACL - DATABASE shop airflow
3459; 0 0 COMMENT - DATABASE shop airflow
215; 1259 16386 TABLE public DATABASE - shop shop
216; 1255 16390 FUNCTION public DATABASE PROPERTIES - () shop
3460; 0 0 ACL - SCHEMA public shop
3461; 0 0 COMMENT public TABLE DATABASE shop
3462; 0 0 ACL public TABLE DATABASE shop
"""


def test_only_entries_of_the_database_itself_reach_the_superuser() -> None:
    lines = LISTED.splitlines()
    assert [line[:4] for line in lines if archive.OF_DATABASE.match(line)] == ["3456", "3457", "3458", "3459"]


def test_how_a_database_was_created() -> None:
    text = """SET x = 1;\nCREATE DATABASE "my ""db" WITH TEMPLATE = template0 ENCODING = 'UTF8' LOCALE = 'C';\n"""
    found = archive.CREATE.search(text)
    assert found
    assert found[1] == "TEMPLATE = template0 ENCODING = 'UTF8' LOCALE = 'C'"


def test_names() -> None:
    assert databases.replaced_name("airflow", STAMP) == f"airflow_replaced_{STAMP}"
    assert databases.temporary_name("a" * 63) != databases.temporary_name("a" * 62)
    assert databases.quoted('my "db"') == '"my ""db"""'
    assert databases.literal("it's") == "'it''s'"


@pytest.mark.parametrize("name", ["x" * 63, "\u00e4" * 31, "x" * 40 + "1", "x" * 40 + "2"])
def test_no_name_is_cut_by_postgres(name: str) -> None:
    found = {databases.replaced_name(name, STAMP), databases.temporary_name(name)}
    assert [len(text.encode()) > databases.NAME_BYTES for text in found] == [False, False]


def test_names_that_begin_alike_stay_different() -> None:
    assert databases.replaced_name("x" * 50 + "1", STAMP) != databases.replaced_name("x" * 50 + "2", STAMP)


def test_tables_with_any_name_are_counted() -> None:
    assert counts.parsed(['["public.a|b", 3]', '["public.two\\nlines", 0]']) == {
        "public.a|b": 3,
        "public.two\nlines": 0,
    }
