"""The type of each option of airflow.cfg that Airflow reads as another type than text.

If such an option has a value of another type, no command of Airflow starts. The lists come from config.yml in the
wheels of the tested releases, and from the calls of getboolean, getint and getfloat in their code. An option that one
release reads as a whole number and another as any number is a number here. tests/objects compares the lists with the
releases. The options of heartbeats.py are not in them.
"""

from __future__ import annotations

from typing import Any

BOOLEANS = {
    "api": (
        "client_use_public_certs default_wrap enable_experimental_api enable_swagger_ui "
        "enable_xcom_deserialize_support hide_paused_dags_by_default require_confirmation_dag_change"
    ),
    "celery": "ssl_active task_track_started worker_enable_remote_control worker_precheck",
    "core": (
        "allow_double_dot_in_ids check_slas compress_serialized_dags dag_discovery_safe_mode "
        "dag_run_conf_overrides_params dagbag_import_error_tracebacks dags_are_paused_at_creation "
        "database_access_isolation donot_pickle enable_xcom_pickling execute_tasks_new_python_interpreter "
        "hide_sensitive_var_conn_fields lazy_discover_providers lazy_load_plugins load_examples multi_team "
        "rerun_with_latest_version simple_auth_manager_all_admins strict_dataset_uri_validation"
    ),
    "dag_processor": "disable_bundle_versioning parsing_pre_import_modules",
    "database": "check_migrations load_default_connections sql_alchemy_pool_enabled sql_alchemy_pool_pre_ping",
    "debug": "fail_fast",
    "elasticsearch": "json_format write_stdout",
    "email": "default_email_on_failure default_email_on_retry",
    "kerberos": "forwardable include_ip",
    "kubernetes_executor": "enable_tcp_keepalive in_cluster multi_namespace_mode verify_ssl",
    "logging": (
        "celery_stdout_stderr_separation colored_console_log dag_processor_manager_log_stdout delete_local_logs "
        "enable_task_context_logger json_logs remote_logging use_historical_filename_templates"
    ),
    "metrics": (
        "legacy_names_on metrics_use_pattern_match otel_debugging_on otel_on otel_ssl_active "
        "statsd_datadog_enabled statsd_datadog_metrics_tags statsd_influxdb_enabled statsd_ipv6 statsd_on "
        "timer_unit_consistency"
    ),
    "operators": "allow_illegal_arguments default_deferrable",
    "profiling": "memray_detailed_tracing",
    "scheduler": (
        "allow_trigger_in_future catchup_by_default create_cron_data_intervals create_delta_data_intervals "
        "enable_health_check enable_tracemalloc ignore_first_depends_on_past_by_default only_idle "
        "parsing_pre_import_modules schedule_after_task_execution standalone_dag_processor use_job_schedule "
        "use_row_level_locking"
    ),
    "secrets": "use_cache",
    "sentry": "sentry_on",
    "smtp": "smtp_ssl smtp_starttls",
    "state_store": "clear_on_success",
    "traces": "otel_debug_traces_on otel_debugging_on otel_on otel_ssl_active otel_task_log_event",
    "triggerer": "queues_enabled",
    "webserver": (
        "allow_raw_html_descriptions cookie_secure default_wrap enable_proxy_fix enable_swagger_ui "
        "expose_hostname expose_stacktrace hide_paused_dags_by_default instance_name_has_markup "
        "reload_on_plugin_change require_confirmation_dag_change run_internal_api "
        "show_recent_stats_for_completed_runs show_trigger_form_if_no_params update_fab_perms "
        "warn_deployment_exposure x_frame_enabled"
    ),
}
WHOLE_NUMBERS = {
    "api": (
        "auto_refresh_interval dag_cache_size dag_cache_ttl fallback_page_limit log_fetch_timeout_sec "
        "log_stream_buffer_size maximum_page_limit page_size worker_refresh_batch_size worker_refresh_interval "
        "worker_timeout workers"
    ),
    "api_auth": "jwt_cli_expiration_time jwt_expiration_time jwt_leeway",
    "callbacks": "callback_execution_timeout",
    "celery": "sync_parallelism task_publish_max_retries worker_concurrency worker_prefetch_multiplier",
    "connection_test": "max_concurrency timeout",
    "core": (
        "dag_file_processor_timeout dagbag_import_error_traceback_depth default_pool_task_slot_count "
        "default_task_execution_timeout default_task_retries default_task_retry_delay killed_task_cleanup_time "
        "max_active_runs_per_dag max_active_tasks_per_dag max_consecutive_failed_dag_runs_per_dag max_map_length "
        "max_num_rendered_ti_fields_per_task max_task_retry_delay max_templated_field_length "
        "min_serialized_dag_fetch_interval min_serialized_dag_update_interval "
        "num_dag_runs_to_retain_rendered_fields parallelism task_success_overtime team_name_cache_ttl"
    ),
    "dag_processor": (
        "bundle_refresh_check_interval dag_file_processor_timeout  max_callbacks_per_loop "
        "min_file_process_interval parsing_processes print_stats_interval refresh_interval "
        "stale_bundle_cleanup_age_threshold stale_bundle_cleanup_interval stale_bundle_cleanup_min_versions "
        "stale_dag_threshold"
    ),
    "database": (
        "max_db_retries migration_batch_size sql_alchemy_max_overflow sql_alchemy_pool_recycle sql_alchemy_pool_size"
    ),
    "execution_api": "jwt_expiration_time",
    "kerberos": "reinit_frequency",
    "kubernetes_executor": (
        "tcp_keep_cnt tcp_keep_idle tcp_keep_intvl worker_pods_pending_timeout_batch_size "
        "worker_pods_pending_timeout_check_interval worker_pods_queued_check_interval"
    ),
    "lineage": "max_assets_per_collector max_extras_per_collector",
    "logging": "min_length_masked_secret trigger_log_server_port worker_log_server_port",
    "metrics": "otel_port statsd_port",
    "operators": "default_cpus default_disk default_gpus default_ram",
    "scheduler": (
        "dag_dir_list_interval dag_stale_not_seen_duration local_task_job_heartbeat_sec max_callbacks_per_loop "
        "max_dagruns_per_loop_to_schedule max_dagruns_to_create_per_loop max_tis_per_query "
        "min_file_process_interval num_runs parsing_processes partition_mapper_max_downstream_keys "
        "print_stats_interval scheduler_health_check_server_port "
        "scheduler_zombie_task_threshold stale_dag_threshold task_instance_heartbeat_sec "
        "task_instance_heartbeat_timeout"
    ),
    "secrets": "cache_ttl_seconds",
    "smtp": "smtp_port smtp_retry_limit smtp_timeout",
    "state_store": "default_retention_days max_value_storage_bytes state_cleanup_batch_size",
    "traces": "otel_port task_runner_flush_timeout_milliseconds",
    "triggerer": (
        "capacity default_capacity max_trigger_to_select_per_loop on_kill_timeout shared_stream_subscriber_queue_size"
    ),
    "webserver": (
        "auto_refresh_interval default_dag_run_display_number log_animation_speed log_auto_tailing_offset "
        "log_fetch_delay_sec log_fetch_timeout_sec max_form_memory_size max_form_parts "
        "num_recent_configurations_for_trigger page_size proxy_fix_x_for proxy_fix_x_host proxy_fix_x_port "
        "proxy_fix_x_prefix proxy_fix_x_proto session_lifetime_minutes web_server_master_timeout web_server_port "
        "worker_refresh_batch_size worker_refresh_interval"
    ),
    "workers": (
        "execution_api_retries max_failed_heartbeats min_heartbeat_interval missing_dag_retries missing_dag_retry_delay"
    ),
}
NUMBERS = {
    "celery": "operation_timeout stalled_task_timeout task_adoption_timeout",
    "connection_test": "reaper_interval",
    "core": "dagbag_import_timeout",
    "kubernetes_executor": "worker_pods_pending_timeout",
    "metrics": "otel_interval_milliseconds",
    "scheduler": (
        "dagrun_metrics_interval  orphaned_tasks_check_interval parsing_cleanup_interval "
        "pool_metrics_interval running_metrics_interval  scheduler_idle_sleep_time "
        "task_instance_heartbeat_timeout_detection_interval task_queued_timeout "
        "task_queued_timeout_check_interval ti_metrics_interval trigger_timeout_check_interval "
        "zombie_detection_interval"
    ),
    "sensors": "default_timeout",
    "triggerer": (
        "blocked_main_thread_warning_threshold runner_health_check_threshold "
        "shared_stream_ack_timeout shared_stream_cohort_grace_period "
    ),
    "webserver": "allowed_payload_size",
    "workers": (
        "execution_api_retry_wait_max execution_api_retry_wait_min execution_api_timeout socket_cleanup_timeout"
    ),
}
TYPES = {
    (section, option): kind
    for kind, sections in (("bool", BOOLEANS), ("int", WHOLE_NUMBERS), ("float", NUMBERS))
    for section, options in sections.items()
    for option in options.split()
}
WRITE = {"bool": "True or False", "int": "a whole number", "float": "a number"}
# What Airflow's getboolean accepts, in any letter case.
WORDS = ("true", "t", "1", "false", "f", "0")


def value_problem(section: str, option: str, value: Any) -> str:
    """Return why Airflow could not read the value of an option; an empty text if it can.

    Args:
        section: Section of the option, in lower case.
        option: The option, in lower case.
        value: The value in the inventory.
    """
    kind = TYPES.get((section, option), "")
    # An empty value is the default of some.
    if not kind or value is None or value == "" or _readable(value, kind):
        return ""
    shown = "a dict" if isinstance(value, dict) else "a list" if isinstance(value, list) else repr(str(value))[:60]
    return f"Airflow reads {WRITE[kind]} here, and would not start with {shown}; write {WRITE[kind]}."


def _readable(value: Any, kind: str) -> bool:
    if kind == "bool":
        return str(value).strip().lower() in WORDS
    try:
        _ = int(str(value)) if kind == "int" else float(str(value))
    except ValueError:
        return False
    return True
