"""Tests of our modules on a real Airflow: containers of their own on this machine's engine, no host in between."""
