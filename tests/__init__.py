"""Tests, and the tools that make runs: they import the collection's plugins by the names that Ansible uses."""

import sys
from pathlib import Path

COLLECTIONS = str(Path(__file__).resolve().parents[1] / "collections")
# pytest has it already. Ansible's own importer refuses a package that is found twice.
if COLLECTIONS not in sys.path:
    sys.path.append(COLLECTIONS)
