"""Tests of the project's modules on a real Airflow, which runs in containers directly on this machine's engine."""
