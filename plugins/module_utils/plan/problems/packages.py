"""Check of the extra packages."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding


def package_problems(packages: Sequence[str]) -> list[Finding]:
    """Return what is wrong with ``airflow_extra_packages``, which takes neither pip's options nor files.

    Args:
        packages: Requirements, as pip takes them.
    """
    return [
        Finding(
            "package-invalid",
            "airflow_extra_packages",
            f"{package!r} is not a pip requirement; write a package's name and version, as in pandas==2.2.3, and set "
            "an index in airflow_extra_packages_index.",
        )
        for package in packages
        if not re.match(r"[A-Za-z0-9]", package) or "\n" in package
    ]
