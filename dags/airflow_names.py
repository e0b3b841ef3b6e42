"""Names that Airflow's releases provide in different modules, for the DAGs of this directory."""

try:
    from airflow.providers.postgres.operators.postgres import PostgresOperator
except ImportError:
    # Release 6 of the provider replaced it by the operator for all databases.
    from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator

    class PostgresOperator(SQLExecuteQueryOperator):
        """Runs SQL on the database of a Postgres connection."""

        def __init__(self, *, postgres_conn_id="postgres_default", **options):
            """Accept the connection under the old name of the argument."""
            super().__init__(conn_id=postgres_conn_id, **options)


try:
    from airflow.providers.standard.operators.python import PythonOperator, ShortCircuitOperator
except ImportError:
    # Before Airflow 3, unless the provider is installed.
    from airflow.operators.python import PythonOperator, ShortCircuitOperator

try:
    from airflow.sdk.log import mask_secret
except ImportError:
    # Before Airflow 3.
    from airflow.utils.log.secrets_masker import mask_secret

__all__ = ["PostgresOperator", "PythonOperator", "ShortCircuitOperator", "mask_secret"]
