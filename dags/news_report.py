from datetime import datetime, timedelta

from airflow import DAG
from airflow.providers.postgres.hooks.postgres import PostgresHook
from airflow_names import PythonOperator, ShortCircuitOperator

DOC = """
### News report

Counts the links that `news_fetcher` has collected and lists the feeds that have gone quiet. It changes nothing.

1. **links_exist**: skips the rest until `news_fetcher` has run for the first time.
2. **count_links**: counts the links per feed, with the time of the newest; its XCom is the list.
3. **find_quiet_feeds**: finds feeds without a new link for two days; its XCom is the list.
4. **write_report**: writes both lists into its log.
"""
QUIET = "48 hours"

COUNT = f"""
    SELECT feed_url, count(*), max(fetched_at)::timestamp(0)::text, max(fetched_at) < now() - interval '{QUIET}'
    FROM links GROUP BY feed_url ORDER BY count(*) DESC, feed_url
"""


def rows(sql):
    """Return the result rows of a query on the news database."""
    return PostgresHook(postgres_conn_id="postgres_default").get_records(sql)


def links_exist():
    """Return whether the table exists."""
    return rows("SELECT to_regclass('links') IS NOT NULL")[0][0]


def count_links():
    """Return the number of links per feed, largest number first."""
    return [dict(zip(("feed", "links", "newest", "quiet"), row)) for row in rows(COUNT)]


def find_quiet_feeds(ti):
    """Return the feeds whose newest link is too old."""
    return [row["feed"] for row in ti.xcom_pull(task_ids="count_links") if row["quiet"]]


def write_report(ti):
    """Write the report into the task's log."""
    for row in ti.xcom_pull(task_ids="count_links"):
        print(f"{row['links']:>7} links, newest {row['newest']}: {row['feed']}")
    for feed in ti.xcom_pull(task_ids="find_quiet_feeds"):
        print(f"no new link for {QUIET}: {feed}")


with DAG(
    dag_id="news_report",
    description="Count the collected links and list the feeds that have gone quiet",
    doc_md=DOC,
    schedule=timedelta(hours=6),
    start_date=datetime(2023, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 1, "retry_delay": timedelta(minutes=5), "execution_timeout": timedelta(minutes=5)},
    tags=["news", "example"],
) as dag:
    exist = ShortCircuitOperator(task_id="links_exist", python_callable=links_exist)
    count = PythonOperator(task_id="count_links", python_callable=count_links)
    quiet = PythonOperator(task_id="find_quiet_feeds", python_callable=find_quiet_feeds)
    report = PythonOperator(task_id="write_report", python_callable=write_report)

    exist >> count >> quiet >> report
