#!/usr/bin/env bash
# Starts Redis as the official image does.
set -eu

# An option or a configuration file alone means: the server with it.
if [[ ${1:-} == -* || ${1:-} == *.conf ]]; then
    set -- redis-server "$@"
fi
if [[ ${1:-} == redis-server && $(id -u) == 0 ]]; then
    find . ! -user redis -exec chown redis {} +
    exec gosu redis "$0" "$@"
fi
if [[ $(umask) == 0022 ]]; then
    umask 0077
fi
# The official build has protected mode off by default, Debian's has it on: without this, a server without a password
# would refuse every other container.
if [[ ${1:-} == redis-server && ! "$*" == *protected-mode* ]] \
    && ! { [[ -f ${2:-} ]] && grep -q '^[[:space:]]*protected-mode' "$2"; }; then
    set -- "$@" --protected-mode no
fi
exec "$@"
