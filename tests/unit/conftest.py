"""Makes our plugins importable in plain pytest, by the names they have inside Ansible."""

import sys
from pathlib import Path

import ansible.module_utils

ROOT = Path(__file__).resolve().parents[2]

# Modules say `from ansible.module_utils.<ours> import ...`: Ansible adds our directory when it packs a module.
ansible.module_utils.__path__.append(str(ROOT / "plugins" / "module_utils"))  # type: ignore[attr-defined]
# Filters are single files that Ansible loads by path; tests import them by file name.
sys.path.insert(0, str(ROOT / "plugins" / "filter"))
# The program that keeps a host's stack running imports itself by its own name there.
sys.path.insert(0, str(ROOT / "roles" / "airflow_stack" / "files"))
