"""Options of airflow.cfg and environment variables that the stack sets or reads itself."""

from __future__ import annotations

Option = tuple[str, str]

_GENERATED = "remove it to have one generated, or set {}"
_PROXY = "the web server serves plain HTTP only; terminate TLS at a proxy in front of it, and remove this"

# Options that the stack sets itself, with what the user writes instead. Deprecated names that Airflow still reads are
# included: `deprecated_options` in airflow/configuration.py of 2.5 and 2.11, from 3.2 on in
# airflow/_shared/configuration/parser.py.
MANAGED_OPTIONS: dict[Option, str] = {
    ("core", "executor"): "the stack uses the Celery executor; remove it",
    ("core", "dags_folder"): "set airflow_dags_source",
    ("core", "plugins_folder"): "set airflow_plugins_source",
    ("core", "fernet_key"): _GENERATED.format("airflow_fernet_key"),
    ("core", "hostname_callable"): "the stack's log addresses depend on it; remove it",
    ("core", "sql_alchemy_conn"): "set airflow_postgres_password",
    ("database", "sql_alchemy_conn"): "set airflow_postgres_password",
    ("database", "sql_alchemy_conn_async"): "it is derived from the other options; remove it",
    ("celery", "broker_url"): "set airflow_redis_password",
    ("celery", "result_backend"): "set airflow_postgres_password",
    ("celery", "worker_concurrency"): "set airflow_worker_concurrency",
    ("celery", "worker_autoscale"): "Celery loses tasks when it scales down; set airflow_worker_concurrency",
    ("webserver", "secret_key"): _GENERATED.format("airflow_webserver_secret_key"),
    ("api", "secret_key"): _GENERATED.format("airflow_webserver_secret_key"),
    ("api_auth", "jwt_secret"): _GENERATED.format("airflow_jwt_secret"),
    ("core", "auth_manager"): "the stack manages its users with FAB; remove it",
    ("core", "execution_api_server_url"): "it is derived from the inventory; remove it",
    ("workers", "execution_api_server_url"): "it is derived from the inventory; remove it",
    ("dag_processor", "dag_bundle_config_list"): "set airflow_dags_source or airflow_dags_git",
    ("scheduler", "enable_health_check"): "its server interferes with the scheduler's database connection; remove it",
    ("webserver", "web_server_port"): "set airflow_web_port",
    ("webserver", "web_server_host"): "set airflow_web_bind_address",
    ("webserver", "web_server_ssl_cert"): _PROXY,
    ("webserver", "web_server_ssl_key"): _PROXY,
    ("api", "port"): "set airflow_web_port",
    ("api", "host"): "set airflow_web_bind_address",
    ("api", "ssl_cert"): _PROXY,
    ("api", "ssl_key"): _PROXY,
}

# Deprecated names of options that Airflow 2 still reads, with the current name, which the stack reads.
RENAMED_OPTIONS: dict[Option, str] = {("celery", "default_queue"): "operators.default_queue"}

# Options that the stack checks or derives other values from. It must read them, so they cannot be in the environment.
READ_OPTIONS: dict[Option, str] = {
    ("celery_broker_transport_options", "visibility_timeout"): "",
    ("operators", "default_queue"): "",
    ("scheduler", "scheduler_heartbeat_sec"): "",
    ("scheduler", "job_heartbeat_sec"): "",
    ("scheduler", "scheduler_health_check_threshold"): "",
    ("triggerer", "job_heartbeat_sec"): "",
    ("triggerer", "triggerer_health_check_threshold"): "",
    ("dag_processor", "health_check_threshold"): "",
    ("webserver", "base_url"): "",
    ("api", "base_url"): "",
    ("webserver", "workers"): "airflow_web_workers",
    ("api", "workers"): "airflow_web_workers",
}

# Other variables that Airflow or its image reads, as patterns for the whole name, with what the user writes instead.
MANAGED_VARIABLES: dict[str, str] = {
    r"_PIP_ADDITIONAL_REQUIREMENTS": "set airflow_extra_packages",
    r"_AIRFLOW_DB_(UPGRADE|MIGRATE)": "site.yml migrates the database; remove it",
    r"_AIRFLOW_WWW_USER_\w+": "set airflow_admin_username and airflow_admin_password, or airflow_users",
    r"AIRFLOW_(HOME|CONFIG)": "the paths of the stack's files depend on it; remove it",
    r"AIRFLOW_[UG]ID": "the services run as the image's own user; remove it",
    r"AIRFLOW_VERSION": "set airflow_version",
    r"AIRFLOW_STACK_\w*": "the stack sets it for DAGs; remove it",
    r"CONNECTION_CHECK_\w+": "Docker restarts a service until its database answers; remove it",
    r"DUMB_INIT_\w+": "it determines how a worker finishes its tasks; remove it",
}
