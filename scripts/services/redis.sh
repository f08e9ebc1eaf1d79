#!/usr/bin/env bash
# A real Redis for development and tests, without root: scripts/services/redis.sh install | start | stop | status [WHAT...]
# WHAT: single, replica (a pair: it and single), cluster (three nodes); all of them by default.
#
# Everything stands under .clutch/services (CLUTCH_SERVICES names another folder): the program, each server's folder, and
# redis.env with the addresses. Ports are free ones; what a server held goes when it is stopped. Where Redis 7 cannot be
# had it says so and goes on without; under CI that is a failure.
set -euo pipefail
cd "$(dirname "$0")/../.."

services=${CLUTCH_SERVICES:-$PWD/.clutch/services}
home=$services/redis
nodes=(cluster-1 cluster-2 cluster-3)

give_up() {
    echo "WARNING: no Redis 7: $1" >&2
    echo "WARNING: what needs a real Redis will be SKIPPED" >&2
    if [ -n "${CI:-}" ]; then exit 1; fi
    exit 0
}
fail() {
    echo "redis: $1" >&2
    exit 1
}

# Whether this program is a redis-server of version 7 or newer.
is_new_enough() {
    local version
    version=$("$1" --version 2>/dev/null | grep -oE 'v=[0-9]+' | cut -d= -f2) || return 1
    [ "${version:-0}" -ge 7 ]
}

# Puts redis-server and redis-cli into $home/bin: links to those of this system, or starters of unpacked ones.
install() {
    mkdir -p "$home/bin"
    if [ -x "$home/bin/redis-cli" ] && is_new_enough "$home/bin/redis-server"; then return; fi
    rm -f "$home"/bin/redis-*
    local program
    program=${CLUTCH_REDIS_SERVER:-$(command -v redis-server || true)}
    if [ -n "$program" ] && is_new_enough "$program" && command -v redis-cli >/dev/null; then
        ln -s "$program" "$home/bin/redis-server"
        ln -s "$(command -v redis-cli)" "$home/bin/redis-cli"
        return
    fi
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null ||
        give_up "install redis-server and redis-tools, version 7 or newer, with this system's packages"
    unpack redis-server redis-tools liblzf1 libjemalloc2 libatomic1 ||
        give_up "apt-get could not download it; install redis-server and redis-tools, version 7 or newer, by hand"
    for program in redis-server redis-cli; do
        # exec: who started it can signal it by the process that it started.
        printf '#!/bin/sh\nLD_LIBRARY_PATH=%q${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} exec %q "$@"\n' \
            "$(dirname "$(find "$home/root" -name 'liblzf.so.1' | head -n 1)")" "$home/root/usr/bin/$program" \
            >"$home/bin/$program.$$"
        chmod +x "$home/bin/$program.$$"
        mv "$home/bin/$program.$$" "$home/bin/$program"
    done
    is_new_enough "$home/bin/redis-server" || give_up "the packages of this system hold an older one, or it does not start"
}

# Unpacks packages into $home/root; nothing is installed.
unpack() {
    echo "redis: downloading it from this system's packages (once)" >&2
    local work
    work=$(mktemp -d)
    (
        cd "$work"
        # As root the lists of packages can be fetched where there are none yet.
        apt-get download -qq "$@" >/dev/null 2>&1 ||
            { [ "$(id -u)" = 0 ] && apt-get update -qq >/dev/null 2>&1 && apt-get download -qq "$@" >/dev/null 2>&1; }
    ) || { rm -rf "$work"; return 1; }
    rm -rf "$home/root"
    mkdir -p "$home/root"
    local package
    for package in "$work"/*.deb; do dpkg-deb -x "$package" "$home/root" || return 1; done
    rm -rf "$work"
}

port_of() { cat "$home/$1/port" 2>/dev/null; }
client() { # client NAME COMMAND...
    local port
    port=$(port_of "$1") || return 1
    shift
    timeout 5 "$home/bin/redis-cli" -h 127.0.0.1 -p "$port" "$@"
}
is_up() { [ "$(client "$1" ping 2>/dev/null)" = PONG ]; }

free_port() {
    local port
    for _ in $(seq 100); do
        port=$((20000 + RANDOM % 10000))
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && ! grep -qsx "$port" "$home"/*/port; then
            echo "$port"
            return
        fi
    done
    fail "no free port was found"
}

# await WHAT COMMAND...: until the command succeeds, at most half a minute.
await() {
    local what=$1
    shift
    for _ in $(seq 300); do
        if "$@" >/dev/null 2>&1; then return; fi
        sleep 0.1
    done
    fail "$what is not healthy after 30 s: see $home/*/log"
}

launch() { # launch NAME OPTION...: a server of its own in a folder of its own
    local name=$1 dir=$home/$1
    shift
    if is_up "$name"; then return; fi
    rm -rf "$dir"
    mkdir -p "$dir"
    free_port >"$dir/port"
    "$home/bin/redis-server" --port "$(port_of "$name")" --bind 127.0.0.1 --dir "$dir" --pidfile "$dir/pid" \
        --logfile "$dir/log" --daemonize yes --maxmemory-policy noeviction --save '' --appendonly yes "$@" >/dev/null
    await "$name" is_up "$name"
}

replicates() { client replica info replication | grep -q '^master_link_status:up'; }
cluster_is_whole() {
    local node
    for node in "${nodes[@]}"; do
        client "$node" cluster info | grep -q '^cluster_state:ok' || return 1
        [ "$(client "$node" cluster nodes | grep -c ' connected')" = "${#nodes[@]}" ] || return 1
    done
}

start() {
    install
    local what node addresses=()
    for what in "$@"; do
        case $what in
            single) launch single ;;
            replica)
                launch single
                launch replica --replicaof 127.0.0.1 "$(port_of single)"
                await "the replica" replicates
                ;;
            cluster)
                # Nodes that lost one of theirs take no new one: they begin anew together.
                status cluster >/dev/null || stop cluster
                for node in "${nodes[@]}"; do
                    # The port of its bus is chosen too: port + 10000 may be taken.
                    is_up "$node" || launch "$node" --cluster-enabled yes --cluster-port "$(free_port)" \
                        --cluster-node-timeout 2000
                    addresses+=("127.0.0.1:$(port_of "$node")")
                done
                cluster_is_whole ||
                    "$home/bin/redis-cli" --cluster create "${addresses[@]}" --cluster-yes >"$home/cluster.log" ||
                    fail "the cluster was not made: see $home/cluster.log"
                await "the cluster" cluster_is_whole
                ;;
        esac
    done
    write_addresses
    status "$@"
}

write_addresses() {
    local node urls=()
    {
        if [ -x "$home/bin/redis-server" ]; then printf 'CLUTCH_REDIS_SERVER=%q\n' "$home/bin/redis-server"; fi
        if is_up single; then echo "REDIS_URL=redis://127.0.0.1:$(port_of single)"; fi
        if is_up replica; then echo "REDIS_REPLICA_URL=redis://127.0.0.1:$(port_of replica)"; fi
        for node in "${nodes[@]}"; do
            if is_up "$node"; then urls+=("redis://127.0.0.1:$(port_of "$node")"); fi
        done
        if [ ${#urls[@]} -gt 0 ]; then (IFS=, && echo "REDIS_CLUSTER_URLS=${urls[*]}"); fi
    } >"$services/redis.env.$$"
    mv "$services/redis.env.$$" "$services/redis.env"
}

servers() { # the servers of what is named
    local what
    for what in "$@"; do
        case $what in
            cluster) printf '%s\n' "${nodes[@]}" ;;
            *) echo "$what" ;;
        esac
    done
}

stop() {
    local name stopping=()
    for name in $(servers "$@"); do
        # A number that was left behind may be another process's by now: only one that answers here is stopped.
        if is_up "$name"; then
            stopping+=("$(cat "$home/$name/pid")")
            client "$name" shutdown nosave now >/dev/null 2>&1 &
        fi
    done
    wait
    local pid
    for pid in "${stopping[@]}"; do
        for _ in $(seq 100); do
            if ! kill -0 "$pid" 2>/dev/null; then break; fi
            sleep 0.1
        done
        if kill -0 "$pid" 2>/dev/null; then kill -9 "$pid"; fi
    done
    for name in $(servers "$@"); do rm -rf "${home:?}/$name"; done
    if [ -d "$services" ]; then write_addresses; fi
}

status() {
    local name down=0
    for name in $(servers "$@"); do
        if is_up "$name"; then
            echo "redis $name: up at 127.0.0.1:$(port_of "$name")"
        else
            echo "redis $name: down"
            down=1
        fi
    done
    return $down
}

verb=${1:-}
shift || true
for what in "$@"; do
    case $what in single | replica | cluster) ;; *) fail "unknown: $what; there are single, replica and cluster" ;; esac
done
if [ $# = 0 ]; then set -- single replica cluster; fi
case $verb in
    install) install && echo "redis: $("$home/bin/redis-server" --version)" ;;
    start | stop | status) "$verb" "$@" ;;
    *) fail "say install, start, stop or status" ;;
esac
