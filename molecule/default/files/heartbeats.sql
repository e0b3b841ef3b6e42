-- Read the heartbeats once a second until the run of the DAG `parallel` has finished. Print the greatest heartbeat age of each
-- job type, and the greatest number of connections to this server.
\set QUIET on
CREATE TEMP TABLE seen (what text, value float);
DO $$
BEGIN
  FOR second IN 1..540 LOOP
    INSERT INTO seen
      SELECT job_type, extract(epoch FROM clock_timestamp() - max(latest_heartbeat)) FROM job
      WHERE job_type IN ('SchedulerJob', 'TriggererJob', 'DagProcessorJob') GROUP BY job_type;
    INSERT INTO seen SELECT 'connections', count(*) FROM pg_stat_activity WHERE backend_type = 'client backend';
    EXIT WHEN NOT EXISTS (SELECT FROM dag_run WHERE dag_id = 'parallel' AND state IN ('queued', 'running'));
    -- Without this, every iteration would read the statistics of the first one.
    PERFORM pg_stat_clear_snapshot();
    PERFORM pg_sleep(1);
  END LOOP;
END
$$;
SELECT json_object_agg(what, value) FROM (SELECT what, round(max(value)) AS value FROM seen GROUP BY what) AS greatest;
