#!/usr/bin/env bash
# Set up this checkout: install system programs, exactly the packages of requirements/controller.txt into .venv, and Ansible collections.
# Prints each step, runs only missing ones, and exits immediately if nothing is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

venv=.venv
stamp=$venv/.setup-stamp
python=${PYTHON:-python3}

say() { echo "setup: $*"; }
fail() { echo "setup: $*" >&2; exit 1; }

# Digest of the inputs of the environment; if it differs from the stamp, setup runs again.
digest() {
    cat requirements/bootstrap.txt requirements/controller.txt requirements.yml tests/setup.sh | sha256sum | cut -d ' ' -f 1
}

missing_packages() {
    command -v ssh >/dev/null || echo openssh-client
    command -v git >/dev/null || echo git
    command -v rsync >/dev/null || echo rsync
    command -v "$python" >/dev/null || echo python3
    "$python" -c 'import ensurepip, venv' >/dev/null 2>&1 || echo python3-venv
}

# run_as_root COMMAND...: directly or with sudo, which must not ask for a password if there is no terminal.
run_as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif [ -t 0 ]; then
        sudo "$@"
    else
        sudo -n "$@"
    fi
}

install_system_packages() {
    local packages
    packages=$(missing_packages | tr '\n' ' ')
    [ -n "$packages" ] || return 0
    command -v apt-get >/dev/null ||
        fail "missing programs: $packages(Debian package names). Install them with this system's package manager and run 'make setup' again."
    [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null ||
        fail "missing packages, but this user is not root and has no sudo: run 'apt-get install $packages' as root, then 'make setup' again."
    say "installing the system packages: $packages"
    local log
    log=$(mktemp)
    # shellcheck disable=SC2086  # a list of words
    { run_as_root apt-get update -q && run_as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $packages; } \
        >"$log" 2>&1 || fail "apt-get failed: $(tail -n 15 "$log")"
    rm -f "$log"
}

require_python() {
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "$python is $("$python" --version 2>&1), but 3.11 or newer is required. Run make setup PYTHON=/path/to/python3.12"
}

install_python_packages() {
    if ! "$venv/bin/python" -c '' 2>/dev/null; then
        say "creating $venv with $("$python" --version)"
        "$python" -m venv --clear "$venv"
    fi
    say "installing the packages of requirements/controller.txt into $venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/bootstrap.txt
    # By default uv reads neither pip's configuration nor the system's certificates, which a machine behind a mirror needs.
    local index
    index=$("$venv/bin/python" -m pip config get global.index-url 2>/dev/null || true)
    [ -z "$index" ] || export UV_DEFAULT_INDEX=${UV_DEFAULT_INDEX:-$index}
    UV_SYSTEM_CERTS=true "$venv/bin/uv" pip sync --quiet --python "$venv/bin/python" --require-hashes requirements/controller.txt
}

install_collections() {
    say "checking the Ansible collections of requirements.yml"
    "$venv/bin/ansible-galaxy" collection install --requirements-file requirements.yml >"$venv/galaxy.log" 2>&1 ||
        fail "ansible-galaxy failed: $(tail -n 5 "$venv/galaxy.log")"
}

# Ansible finds this repository as a collection through a link to its root. A checkout without symbolic links (a zip, Windows) has a
# text file with the link's target instead.
repair_link() {
    local link=collections/ansible_collections/ansible_airflow/airflow target=../../..
    if [ "$(readlink "$link")" = "$target" ]; then
        return 0
    fi
    if [ -d "$link" ] && [ ! -L "$link" ]; then
        fail "$link is a directory, but must be a link to the root of this checkout: move it away and run 'make setup' again."
    fi
    say "creating the link $link to the root of this checkout"
    mkdir -p "$(dirname "$link")"
    rm -f "$link"
    ln -s "$target" "$link"
}

main() {
    local wanted packages
    repair_link
    wanted=$(digest)
    packages=$(missing_packages | tr '\n' ' ')
    if [ -z "$packages" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && [ -x "$venv/bin/ansible-playbook" ]; then
        say "nothing to do"
        return 0
    fi
    install_system_packages
    require_python
    install_python_packages
    install_collections
    echo "$wanted" >"$stamp"
    say "done; 'source $venv/bin/activate' adds ansible-playbook, molecule and the other programs to PATH"
}

# When sourced, only define the functions, for a test that calls one.
[ "${BASH_SOURCE[0]}" != "$0" ] || main "$@"
