"""Tests, and the programs behind make's targets. They import the collection's plugins by Ansible's names."""

import sys
from pathlib import Path

COLLECTIONS = str(Path(__file__).resolve().parents[1] / "collections")
# pytest adds the path itself, and Ansible's own importer refuses a package that it finds twice.
if COLLECTIONS not in sys.path:
    sys.path.append(COLLECTIONS)
