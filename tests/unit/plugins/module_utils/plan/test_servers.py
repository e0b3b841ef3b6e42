"""URLs of Airflow's database and broker, in the form that their clients parse."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.secret_store import Derived, derive
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.servers import (
    location,
    postgres_login,
    postgres_url,
    redis_url,
)

PEM = "-----BEGIN CERTIFICATE-----"
OWN = {"host": "db.example.com"}
PUBLIC = "/etc/ssl/certs/ca-certificates.crt"


def test_the_stacks_own_without_tls() -> None:
    assert postgres_url({}, "postgres", tls=False, directory="/ca") == (
        "postgresql+psycopg2://airflow:{postgres_password:url}@postgres:5432/airflow"
    )
    assert redis_url({}, "redis", tls=False, directory="/ca") == "redis://:{redis_password:url}@redis:6379/0"
    assert postgres_login({}, "172.18.0.2", "/ca", "p") == {
        "login_host": "172.18.0.2",
        "login_user": "airflow",
        "login_password": "p",
    }


def test_the_stacks_own_with_tls() -> None:
    assert postgres_url({}, "192.0.2.1", tls=True, directory="/ca").endswith(
        "@192.0.2.1:5432/airflow?sslmode=verify-full&sslrootcert=/ca/ca.crt"
    )
    assert redis_url({}, "192.0.2.1", tls=True, directory="/ca") == (
        "rediss://:{redis_password:url}@192.0.2.1:6379/0"
        "?ssl_cert_reqs=required&ssl_check_hostname=true&ssl_ca_certs=/ca/ca.crt"
    )


@pytest.mark.parametrize(
    ("server", "query"),
    [
        (OWN, {"sslmode": ["verify-full"], "sslrootcert": [PUBLIC]}),
        ({**OWN, "ca_certificate": PEM}, {"sslmode": ["verify-full"], "sslrootcert": ["/ca/postgres.crt"]}),
        ({**OWN, "sslmode": "require"}, {"sslmode": ["require"]}),
    ],
)
def test_an_external_postgres(server: dict[str, Any], query: dict[str, list[str]]) -> None:
    url = urlsplit(postgres_url(server, "postgres", tls=True, directory="/ca"))
    assert (url.hostname, url.port, url.path) == ("db.example.com", 5432, "/airflow")
    assert parse_qs(url.query) == query
    login = postgres_login(server, "", "/ca", "p")
    assert (login["ssl_mode"], login.get("ca_cert")) == (query["sslmode"][0], query.get("sslrootcert", [None])[0])


def test_names_are_quoted_and_passwords_filled_in(tmp_path: Path) -> None:
    server = {**OWN, "port": 6432, "user": "air{flow}@eu", "database": "air/flow"}
    template = postgres_url(server, "", tls=False, directory="/ca")
    made = derive(Derived("sql_alchemy_conn", template, 0), {"postgres_password": "p@ss/{word}"}, str(tmp_path))
    url = urlsplit(made.value)
    assert (url.port, url.path) == (6432, "/air%2Fflow")
    assert unquote(url.username or "") == "air{flow}@eu"
    assert unquote(url.password or "") == "p@ss/{word}"


@pytest.mark.parametrize(
    ("server", "url"),
    [
        ({**OWN, "tls": False, "database": 3}, "redis://:{redis_password:url}@db.example.com:6379/3"),
        ({**OWN, "tls": False, "user": "celery", "port": 1}, "redis://celery:{redis_password:url}@db.example.com:1/0"),
        (
            {**OWN, "ca_certificate": PEM},
            "rediss://:{redis_password:url}@db.example.com:6379/0"
            "?ssl_cert_reqs=required&ssl_check_hostname=true&ssl_ca_certs=/ca/redis.crt",
        ),
    ],
)
def test_an_external_redis(server: dict[str, Any], url: str) -> None:
    assert redis_url(server, "redis", tls=False, directory="/ca") == url


def test_the_location_of_a_server_includes_its_variable() -> None:
    assert location("redis", OWN) == ("db.example.com:6379", "airflow_redis_external")
