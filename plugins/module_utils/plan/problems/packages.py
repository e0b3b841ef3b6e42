"""What is wrong with the extra packages."""

from __future__ import annotations

import re
from collections.abc import Sequence


def package_problems(packages: Sequence[str]) -> list[str]:
    """Return what is wrong with ``airflow_extra_packages``: pip's options and files have no place in it.

    :param packages: requirements, as pip takes them
    """
    return [
        f"airflow_extra_packages: {package!r} is no requirement; write a package's name and version, as in "
        "pandas==2.2.3, and an index in airflow_extra_packages_index."
        for package in packages
        if not re.match(r"[A-Za-z0-9]", package) or "\n" in package
    ]
