#!/bin/sh
# Health checks of Postgres and Redis, run inside their containers by Docker:
#
#     health.sh postgres            it answers a query of the stack's role, over the network and with its password
#     health.sh redis [OPTION...]   it answers with its password; the options are those of redis-cli
#
# A failed check prints `KIND: text`, as health.py does. Kinds, of which airflow-watch restarts a server only for the first:
#     hangs       it accepts connections, but does not answer
#     recovering  it starts, recovers or stops
#     refused     it does not accept the stack's password
#     disk        it cannot write
#     error       it answers with an error
# Passwords are in the environment of the client, which only root and the same user can read.

# Seconds. Docker ends a check after 30 s.
SECONDS_FOR_AN_ANSWER=20

fail() {
  printf '%s: %s\n' "$1" "$(printf '%s' "$2" | tr '\n' ' ')"
  exit 1
}

# Exit codes of `timeout`: 124, with busybox 143.
postgres() {
  # Not the database airflow: a restore creates it while Postgres must count as healthy.
  # Not to 127.0.0.1 or the local socket, where the image asks for no password. These also have the temporary server of the first start.
  said=$(PGPASSWORD=$(cat /run/secrets/postgres_password) PGCONNECT_TIMEOUT=$((SECONDS_FOR_AN_ANSWER - 2)) LC_ALL=C \
    timeout "$SECONDS_FOR_AN_ANSWER" psql -h "$(hostname)" -U airflow -d postgres -XAtqc 'SELECT 1' 2>&1)
  case "$?:$said" in
    0:1) ;;
    # It works, and has no connection left for this check.
    *'too many clients'* | *'connection slots are reserved'*) echo "busy: $said" ;;
    *'starting up'* | *'not yet accepting'* | *'recovery'* | *'shutting down'* | *'Connection refused'*) fail recovering "$said" ;;
    *'authentication failed'* | *'no pg_hba.conf entry'*) fail refused "$said" ;;
    *'No space left on device'*) fail disk "$said" ;;
    124:* | 143:* | *'timeout expired'* | *'timed out'*) fail hangs "no answer within $SECONDS_FOR_AN_ANSWER s: $said" ;;
    *) fail error "$said" ;;
  esac
}

redis() {
  said=$(REDISCLI_AUTH=$(cat /run/secrets/redis_password) timeout "$SECONDS_FOR_AN_ANSWER" redis-cli "$@" ping 2>&1)
  case "$?:$said" in
    0:PONG) ;;
    # It works on a script of somebody, which a restart would break off.
    *BUSY*) echo "busy: $said" ;;
    *LOADING* | *'Connection refused'*) fail recovering "$said" ;;
    *NOAUTH* | *WRONGPASS*) fail refused "$said" ;;
    *MISCONF*) fail disk "$said" ;;
    124:* | 143:*) fail hangs "no answer within $SECONDS_FOR_AN_ANSWER s" ;;
    *) fail error "$said" ;;
  esac
}

"$@"
