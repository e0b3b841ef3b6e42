"""Names and statements of restored databases. Scenario `default` restores real ones."""

from __future__ import annotations

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup import databases

# Of pg_restore --create --schema-only, shortened.
ABOUT = '''\
CREATE DATABASE "my ""db""" WITH TEMPLATE = template0 ENCODING = 'UTF8' LOCALE_PROVIDER = libc LOCALE = 'C';


ALTER DATABASE "my ""db""" OWNER TO airflow;

\\connect -reuse-previous=on "dbname='my db'"

ALTER DATABASE "my ""db""" SET work_mem TO '64MB';
REVOKE CONNECT,TEMPORARY ON DATABASE "my ""db""" FROM PUBLIC;
GRANT CONNECT ON DATABASE "my ""db""" TO reader;

ALTER TABLE public.dag OWNER TO airflow;
GRANT SELECT ON TABLE public.dag TO reader;
'''


def test_a_database_keeps_its_encoding_settings_and_privileges() -> None:
    created = databases.CREATE.search(ABOUT)
    assert created
    assert created[2] == "TEMPLATE = template0 ENCODING = 'UTF8' LOCALE_PROVIDER = libc LOCALE = 'C'"
    assert databases.ABOUT.findall(ABOUT) == [
        'ALTER DATABASE "my ""db""" SET work_mem TO \'64MB\';',
        'REVOKE CONNECT,TEMPORARY ON DATABASE "my ""db""" FROM PUBLIC;',
        'GRANT CONNECT ON DATABASE "my ""db""" TO reader;',
    ]


def test_names() -> None:
    assert databases.replaced_name("airflow", "20261130T071500Z") == "airflow_replaced_20261130T071500Z"
    long = databases.replaced_name("x" * 63, "20261130T071500Z")
    assert (len(long), long[-17:]) == (63, "_20261130T071500Z")
    assert databases.quoted('my "db"') == '"my ""db"""'


def test_an_empty_database_has_no_tables_and_no_large_objects() -> None:
    assert databases.is_empty({"large objects": 0})
    assert not databases.is_empty({"large objects": 1})
    assert not databases.is_empty({"large objects": 0, "public.dag": 0})
