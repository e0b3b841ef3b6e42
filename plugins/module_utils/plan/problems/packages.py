"""Check of the extra packages."""

from __future__ import annotations

import re
from collections.abc import Sequence


def package_problems(packages: Sequence[str]) -> list[str]:
    """Return what is wrong with ``airflow_extra_packages``, which takes neither pip's options nor files.

    Args:
        packages: Requirements, as pip takes them.
    """
    return [
        f"airflow_extra_packages: {package!r} is not a pip requirement; write a package's name and version, as in "
        "pandas==2.2.3, and set an index in airflow_extra_packages_index."
        for package in packages
        if not re.match(r"[A-Za-z0-9]", package) or "\n" in package
    ]
