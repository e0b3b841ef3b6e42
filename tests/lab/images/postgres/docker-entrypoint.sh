#!/usr/bin/env bash
# Starts Postgres as the official image does: makes the database on the first start, as user postgres, then serves it.
set -Eeuo pipefail

fail() {
    echo "error: $*" >&2
    exit 1
}

# setting NAME DEFAULT: NAME may be given as it is, or as the file named in NAME_FILE, but not both ways.
setting() {
    local name=$1 value=${!1:-} file_name="${1}_FILE"
    local file=${!file_name:-}
    if [[ -n $value && -n $file ]]; then
        fail "both $name and $file_name are set (but are exclusive)"
    fi
    if [[ -n $file ]]; then
        value=$(<"$file")
    fi
    export "$name=${value:-$2}"
    unset "$file_name"
}

as_superuser() {
    PGHOST='' PGHOSTADDR='' psql --set ON_ERROR_STOP=1 --no-psqlrc --no-password --username "$POSTGRES_USER" "$@"
}

prepare_directories() {
    mkdir -p "$PGDATA" /var/run/postgresql
    chmod 0700 "$PGDATA" || true
    chmod 3775 /var/run/postgresql || true
    if [[ $(id -u) == 0 ]]; then
        find "$PGDATA" /var/run/postgresql ! -user postgres -exec chown postgres {} +
    fi
}

make_cluster() {
    if [[ -z $POSTGRES_PASSWORD && ${POSTGRES_HOST_AUTH_METHOD:-} != trust ]]; then
        fail "Database is uninitialized and superuser password is not specified: set POSTGRES_PASSWORD"
    fi
    local -a extra
    read -ra extra <<<"$POSTGRES_INITDB_ARGS"
    initdb --username "$POSTGRES_USER" --pwfile <(printf '%s\n' "$POSTGRES_PASSWORD") ${extra[@]+"${extra[@]}"}
    local method
    method=$(postgres -C password_encryption "${@:2}")
    printf '\nhost all all all %s\n' "${POSTGRES_HOST_AUTH_METHOD:-$method}" >>"$PGDATA/pg_hba.conf"
}

make_database() {
    if [[ $POSTGRES_DB != postgres ]]; then
        # psql puts the name in quotes by itself, but only in a script that it reads.
        as_superuser --dbname postgres --set db="$POSTGRES_DB" <<<'CREATE DATABASE :"db";'
    fi
}

run_first_start_files() {
    local file
    for file in /docker-entrypoint-initdb.d/*; do
        case $file in
            *.sh) if [[ -x $file ]]; then "$file"; else source "$file"; fi ;;
            *.sql) as_superuser --dbname "$POSTGRES_DB" --file "$file" ;;
            *.sql.gz) gunzip --stdout "$file" | as_superuser --dbname "$POSTGRES_DB" ;;
            *) echo "$0: ignoring $file" ;;
        esac
    done
}

first_start() {
    make_cluster "$@"
    export PGPASSWORD=${PGPASSWORD:-$POSTGRES_PASSWORD}
    # Nobody must find this server: it listens on the unix socket alone until everything is laid out.
    PGUSER=$POSTGRES_USER pg_ctl --wait --options "$(printf '%q ' "${@:2}" -c listen_addresses=)" start
    make_database
    run_first_start_files
    PGUSER=$POSTGRES_USER pg_ctl --wait --mode fast stop
    unset PGPASSWORD
    echo "PostgreSQL init process complete; ready for start up."
}

asks_for_help() {
    local word
    for word in "$@"; do
        case $word in '-?' | --help | --describe-config | -V | --version) return 0 ;; esac
    done
    return 1
}

if [[ ${1:-} == -* ]]; then
    set -- postgres "$@"
fi
if [[ ${1:-} == postgres ]] && ! asks_for_help "$@"; then
    setting POSTGRES_PASSWORD ''
    setting POSTGRES_USER postgres
    setting POSTGRES_DB "$POSTGRES_USER"
    setting POSTGRES_INITDB_ARGS ''
    prepare_directories
    if [[ $(id -u) == 0 ]]; then
        exec gosu postgres "$0" "$@"
    fi
    if [[ ! -s $PGDATA/PG_VERSION ]]; then
        first_start "$@"
    else
        echo "PostgreSQL Database directory appears to contain a database; Skipping initialization"
    fi
fi
exec "$@"
