"""Options of airflow.cfg and environment variables that the stack sets or reads itself."""

from __future__ import annotations

Option = tuple[str, str]

_GENERATED = "remove it to have one generated, or set {}"
_PROXY = "the web server serves plain HTTP only; terminate TLS at a proxy in front of it, and remove this"
_LOG_PORT = "the stack publishes the log servers' own ports, 8793 and 8794, to its other hosts; remove it"
_LOG_FOLDER = "task logs are in the directory logs below airflow_directory; set that"
_SCHEMA = (
    "the stack itself reads Airflow's tables without the name of a schema; remove it. On your own server, you can set "
    "the schema with ALTER ROLE ... SET search_path"
)
_BROKER = "the health checks of workers speak to the broker without it; remove it"
_JWT = "the tokens of tasks are signed with airflow_jwt_secret; remove it"

# Options that the stack sets itself, or whose default it relies on, with what the user writes instead. Deprecated names
# that Airflow still reads are included: `deprecated_options` in airflow/configuration.py of 2.5 and 2.11, from 3.2 on
# in airflow/_shared/configuration/parser.py.
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
    # The health checks ask the worker, which a process that runs tasks itself would not answer.
    ("celery", "worker_enable_remote_control"): "the health checks of workers need it; remove it",
    ("celery", "pool"): "the health checks and the shutdown of workers are made for processes; remove it",
    ("celery", "ssl_active"): "set airflow_tls, or airflow_redis_external.tls for your own server",
    ("celery_broker_transport_options", "global_keyprefix"): _BROKER,
    ("celery_broker_transport_options", "fanout_prefix"): _BROKER,
    ("celery_broker_transport_options", "fanout_patterns"): _BROKER,
    ("core", "base_log_folder"): _LOG_FOLDER,
    ("logging", "base_log_folder"): _LOG_FOLDER,
    ("celery", "worker_log_server_port"): _LOG_PORT,
    ("logging", "worker_log_server_port"): _LOG_PORT,
    ("logging", "trigger_log_server_port"): _LOG_PORT,
    ("core", "sql_alchemy_schema"): _SCHEMA,
    ("database", "sql_alchemy_schema"): _SCHEMA,
    ("core", "default_impersonation"): "the containers allow no process to change its user; remove it",
    ("core", "database_access_isolation"): "the stack has no internal API server; remove it",
    ("scheduler", "standalone_dag_processor"): "the stack runs a DAG processor where the release needs one; remove it",
    ("webserver", "secret_key"): _GENERATED.format("airflow_webserver_secret_key"),
    ("api", "secret_key"): _GENERATED.format("airflow_webserver_secret_key"),
    ("api_auth", "jwt_secret"): _GENERATED.format("airflow_jwt_secret"),
    ("api_auth", "jwt_private_key_path"): _JWT,
    ("api_auth", "trusted_jwks_url"): _JWT,
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
