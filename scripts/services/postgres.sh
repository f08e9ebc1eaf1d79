#!/usr/bin/env bash
# scripts/services/postgres.sh install|start|stop|status: PostgreSQL, one server, called by scripts/services.sh.
#
# The programs are the system's (apt package postgresql); under $CLUTCH_SERVICES/postgres: data, log and port; beside it
# postgres.env (DATABASE_URL) while it runs. It refuses to run as root: there `nobody` runs it. What it held goes when it is
# stopped. Tests that kill servers start their own.
set -euo pipefail
home=${CLUTCH_SERVICES:?set by scripts/services.sh}/postgres
give_up() {
    echo "WARNING: no PostgreSQL: $1" >&2
    exit 1
}

# The folder with initdb and postgres; packages put it beside the path.
programs() {
    local dir
    for dir in "${CLUTCH_POSTGRES_BIN:-}" $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -Vr) \
        "$(dirname "$(command -v initdb || echo /nowhere/initdb)")"; do
        if [ -n "$dir" ] && [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ]; then
            echo "$dir"
            return
        fi
    done
    return 1
}

unprivileged() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
    else
        "$@"
    fi
}

free_port() {
    local port
    while true; do
        port=$((20000 + RANDOM % 12000))
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            echo "$port"
            return
        fi
    done
}

running() { [ -f "$home/pid" ] && kill -0 "$(cat "$home/pid")" 2>/dev/null && [ -f "$home.env" ]; }

install() {
    if programs >/dev/null; then return; fi
    command -v apt-get >/dev/null || give_up "install version 13 or newer with this system's packages"
    [ "$(id -u)" = 0 ] || give_up "install it (Debian, Ubuntu: sudo apt-get install postgresql)"
    echo "installing PostgreSQL with apt-get (once)" >&2
    # The package starts a server of its own unless it is told not to.
    mkdir -p /etc/postgresql-common
    if ! [ -e /etc/postgresql-common/createcluster.conf ]; then
        echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
    fi
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql; } >/dev/null 2>&1 ||
        give_up "apt-get could not install it"
    programs >/dev/null || give_up "the package holds no initdb"
}

start() {
    if running; then return; fi
    install
    local bin port data
    bin=$(programs) port=$(free_port)
    rm -rf "$home" "$home.env"
    mkdir -p "$home"
    # Below folders that only root may enter, nobody could not use it.
    data=$(mktemp -d /tmp/clutch-postgres.XXXXXX)
    ln -s "$data" "$home/data"
    if [ "$(id -u)" = 0 ]; then chown 65534:65534 "$data"; fi
    (cd "$data" && unprivileged "$bin/initdb" --no-sync --username=clutch --auth=trust --encoding=UTF8 --no-locale \
        -D "$data/db") >"$home/initdb.log" 2>&1 || give_up "its folder could not be made: see $home/initdb.log"
    (cd "$data" && unprivileged setsid nohup "$bin/postgres" -D "$data/db" -p "$port" -h 127.0.0.1 \
        -c unix_socket_directories= -c shared_buffers=64MB >"$home/log" 2>&1 </dev/null &)
    for _ in $(seq 300); do
        # Its first line is its process.
        if [ -s "$data/db/postmaster.pid" ] && grep -q "database system is ready" "$home/log"; then
            head -n 1 "$data/db/postmaster.pid" >"$home/pid"
            echo "DATABASE_URL=postgres://clutch@127.0.0.1:$port/postgres" >"$home.env"
            echo "PostgreSQL answers on 127.0.0.1:$port" >&2
            return
        fi
        sleep 0.1
    done
    give_up "it did not start within half a minute: see $home/log"
}

stop() {
    rm -f "$home.env"
    [ -f "$home/pid" ] || return 0
    local pid data
    pid=$(cat "$home/pid")
    # A fast shutdown: sessions are ended, and what is committed is kept.
    kill -INT "$pid" 2>/dev/null || true
    for _ in $(seq 100); do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
    done
    kill -QUIT "$pid" 2>/dev/null || true
    data=$(readlink "$home/data" || true)
    case $data in /tmp/clutch-postgres.*) rm -rf "$data" ;; esac
    rm -rf "$home"
}

status() {
    if running; then
        echo "PostgreSQL: up, $(cat "$home.env")"
    else
        echo "PostgreSQL: down"
        return 1
    fi
}

case ${1:-} in
install | start | stop | status) "$1" ;;
*)
    echo "say install, start, stop or status" >&2
    exit 2
    ;;
esac
