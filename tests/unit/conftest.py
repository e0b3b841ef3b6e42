"""Lets plain pytest import what Ansible and the hosts import, by the same names."""

import sys

from tests.rows import ROOT, use_collections

# The tests that render templates need Ansible's importer, so all others use it as well.
use_collections()
# The program that keeps a host's stack running imports itself by its own name there.
sys.path.insert(0, str(ROOT / "roles" / "airflow_watch" / "files"))
