"""How clients connect to Airflow's database and broker: the stack's own or external ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

Server = Mapping[str, Any]

# CA certificates that Debian hosts and images based on Debian, such as Airflow's, trust.
PUBLIC_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
PORTS = {"postgres": 5432, "redis": 6379}


def location(service: str, server: Server) -> tuple[str, str]:
    """Return the address of an external server, and the variable that sets it.

    Args:
        service: ``postgres`` or ``redis``.
        server: ``airflow_postgres_external`` or ``airflow_redis_external``.

    Returns:
        ``HOST:PORT`` and the variable's name.
    """
    return f"{server.get('host')}:{server.get('port', PORTS[service])}", f"airflow_{service}_external"


def elsewhere(external: Mapping[str, Server], servers: Mapping[str, str], running: Sequence[str]) -> dict[str, str]:
    """Return the servers that a host does not run itself, as ``HOST:PORT`` by name.

    Args:
        external: The external servers by name.
        servers: Host name or address of the stack's own servers by name.
        running: The services of the host that run all the time.
    """
    others = {name: f"{address}:{PORTS[name]}" for name, address in servers.items() if name not in running}
    return others | {name: location(name, server)[0] for name, server in external.items()}


def _authorities(service: str, server: Server, directory: str) -> str:
    """Return the file with the CA certificates that clients of an external server trust."""
    return f"{directory}/{service}.crt" if server.get("ca_certificate") else PUBLIC_AUTHORITIES


def postgres_url(external: Server, address: str, tls: bool, directory: str) -> str:
    """Return the SQLAlchemy URL of Airflow's database, as a template of the module airflow_secrets.

    Args:
        external: Value of ``airflow_postgres_external``.
        address: Host name or address of the stack's own Postgres.
        tls: Whether the stack's own Postgres requires TLS.
        directory: Directory of the CA certificates, in which ca.crt is the stack's CA certificate.

    Returns:
        A URL with ``{postgres_password:url}`` in it.
    """
    user = database = "airflow"
    port, mode, file = PORTS["postgres"], "verify-full" if tls else "", f"{directory}/ca.crt"
    if external:
        # Braces in a name are quoted, too, so that they are not taken for a secret's placeholder.
        user, database = (quote(str(external.get(name, "airflow")), safe="") for name in ("user", "database"))
        address, port, mode = external["host"], external.get("port", port), external.get("sslmode", "verify-full")
        file = _authorities("postgres", external, directory)
    words = {"sslmode": mode} if mode else {}
    if mode.startswith("verify"):
        words["sslrootcert"] = file
    query = f"?{urlencode(words, safe='/')}" if words else ""
    return f"postgresql+psycopg2://{user}:{{postgres_password:url}}@{address}:{port}/{database}{query}"


def postgres_login(external: Server, address: str, directory: str, password: str) -> dict[str, Any]:
    """Return the login arguments of the modules of community.postgresql for Airflow's database.

    Args:
        external: Value of ``airflow_postgres_external``.
        address: Address of the container of the stack's own Postgres, on its host.
        directory: As in `postgres_url`; the hosts have it at the same path.
        password: Password of the database user.

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
    """Return the URL of Celery's broker, as a template of the module airflow_secrets.

    Args:
        external: Value of ``airflow_redis_external``.
        address: Host name or address of the stack's own Redis.
        tls: Whether the stack's own Redis requires TLS.
        directory: As in `postgres_url`.

    Returns:
        A URL with ``{redis_password:url}`` in it.
    """
    user, port, database, file = "", PORTS["redis"], 0, f"{directory}/ca.crt"
    if external:
        user, port = quote(str(external.get("user") or ""), safe=""), external.get("port", port)
        address, database, tls = external["host"], external.get("database", 0), external.get("tls", True)
        file = _authorities("redis", external, directory)
    # The client does not verify the host name by default.
    words = {"ssl_cert_reqs": "required", "ssl_check_hostname": "true", "ssl_ca_certs": file}
    query = f"?{urlencode(words, safe='/')}" if tls else ""
    return f"{'rediss' if tls else 'redis'}://{user}:{{redis_password:url}}@{address}:{port}/{database}{query}"
