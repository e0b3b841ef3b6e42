#!/usr/bin/env bash
# Resolve each requirements/*.in to the latest versions and write its lock with hashes for every platform (uv, universal).
# `tests/lock.sh SERIES` resolves only the lock of that Airflow series.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export UV_CUSTOM_COMPILE_COMMAND="make lock" UV_NO_PROGRESS=1

# lock MINIMUM_PYTHON SOURCE LOCK: for this Python version and newer.
lock() {
    echo "lock: $3 from $2, Python $1 and newer"
    .venv/bin/uv pip compile --quiet --universal --generate-hashes --upgrade --python-version "$1" --output-file "$3" "$2"
}

only=${1:-}
if [ -z "$only" ]; then
    lock 3.11 requirements/bootstrap.in requirements/bootstrap.txt
    lock 3.11 examples/news_fetcher/requirements.in examples/news_fetcher/requirements.txt
    lock 3.11 requirements/controller.in requirements/controller.txt
fi

# lock_airflow SERIES DAY PYTHON. Airflow's own constraints files are not on PyPI, so the lock has the packages that were newest shortly
# after the release.
lock_airflow() {
    echo "lock: requirements/airflow-$1.txt as of $2, Python $3"
    .venv/bin/uv pip compile --quiet --generate-hashes --exclude-newer "$2" --python-version "$3" --python-platform linux \
        --output-file "requirements/airflow-$1.txt" "requirements/airflow-$1.in"
}

rows=$(.venv/bin/python -m tests.lab.recipes ${only:+"$only"})
while read -r series day python; do
    lock_airflow "$series" "$day" "$python" </dev/null
done <<<"$rows"
