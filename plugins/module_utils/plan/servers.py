"""How clients reach Airflow's database and broker: the stack's own, or the user's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

Server = Mapping[str, Any]

# What a Debian image, as Airflow's is, and Debian hosts trust.
PUBLIC_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
PORTS = {"postgres": 5432, "redis": 6379}


def location(service: str, server: Server) -> tuple[str, str]:
    """Return where a server of the user's own is, and the variable that says so.

    Args:
        service: ``postgres`` or ``redis``.
        server: ``airflow_postgres_external`` or ``airflow_redis_external``.

    Returns:
        ``HOST:PORT`` and the variable's name.
    """
    return f"{server.get('host')}:{server.get('port', PORTS[service])}", f"airflow_{service}_external"


def _authorities(service: str, server: Server, directory: str) -> str:
    """Return the file with the authorities that clients of a server of the user's own trust."""
    return f"{directory}/{service}.crt" if server.get("ca_certificate") else PUBLIC_AUTHORITIES


def postgres_url(external: Server, address: str, tls: bool, directory: str) -> str:
    """Return the address of Airflow's database for SQLAlchemy, as a template of the module airflow_secrets.

    :param external: value of ``airflow_postgres_external``
    :param address: host name or address of the stack's own Postgres
    :param tls: whether that one demands TLS
    :param directory: where the certificates of authorities are, ca.crt being that of the stack
    :returns: a URL with ``{postgres_password:url}`` in it
    """
    user = database = "airflow"
    port, mode, file = PORTS["postgres"], "verify-full" if tls else "", f"{directory}/ca.crt"
    if external:
        # Braces of a name are quoted, too, so that none of them is taken for a secret's.
        user, database = (quote(str(external.get(name, "airflow")), safe="") for name in ("user", "database"))
        address, port, mode = external["host"], external.get("port", port), external.get("sslmode", "verify-full")
        file = _authorities("postgres", external, directory)
    words = {"sslmode": mode} if mode else {}
    if mode.startswith("verify"):
        words["sslrootcert"] = file
    query = f"?{urlencode(words, safe='/')}" if words else ""
    return f"postgresql+psycopg2://{user}:{{postgres_password:url}}@{address}:{port}/{database}{query}"


def postgres_login(external: Server, address: str, directory: str, password: str) -> dict[str, Any]:
    """Return how the modules of community.postgresql log in to Airflow's database.

    Args:
        external: Value of ``airflow_postgres_external``.
        address: That of the container of the stack's own Postgres, on the host that it runs on.
        directory: As in `postgres_url`; it is under the same path on the hosts.
        password: That of the user.

    Returns:
        Arguments that all these modules take.
    """
    if not external:
        return {"login_host": address, "login_user": "airflow", "login_password": password}
    mode = external.get("sslmode", "verify-full")
    return {
        "login_host": external["host"],
        "login_port": external.get("port", PORTS["postgres"]),
        "login_user": external.get("user", "airflow"),
        "login_password": password,
        "ssl_mode": mode,
        **({"ca_cert": _authorities("postgres", external, directory)} if mode.startswith("verify") else {}),
    }


def redis_url(external: Server, address: str, tls: bool, directory: str) -> str:
    """Return the address of Celery's broker, as a template of the module airflow_secrets.

    :param external: value of ``airflow_redis_external``
    :param address: host name or address of the stack's own Redis
    :param tls: whether that one demands TLS
    :param directory: as in `postgres_url`
    :returns: a URL with ``{redis_password:url}`` in it
    """
    user, port, database, file = "", PORTS["redis"], 0, f"{directory}/ca.crt"
    if external:
        user, port = quote(str(external.get("user") or ""), safe=""), external.get("port", port)
        address, database, tls = external["host"], external.get("database", 0), external.get("tls", True)
        file = _authorities("redis", external, directory)
    # The client does not compare the address by itself.
    words = {"ssl_cert_reqs": "required", "ssl_check_hostname": "true", "ssl_ca_certs": file}
    query = f"?{urlencode(words, safe='/')}" if tls else ""
    return f"{'rediss' if tls else 'redis'}://{user}:{{redis_password:url}}@{address}:{port}/{database}{query}"
