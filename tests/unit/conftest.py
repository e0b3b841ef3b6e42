"""Make plain pytest find the modules of Ansible and of the hosts under the same import names."""

import sys

from tests.rows import ROOT, use_collections

# Tests that render templates need Ansible's importer, so all tests use it.
use_collections()
# airflow-watch, which keeps a host's stack running, imports its package by this name on hosts.
sys.path.insert(0, str(ROOT / "roles" / "airflow_watch" / "files"))
