#!/usr/bin/env bash
# scripts/services.sh install|start|stop|status|run [SERVICE…]: the real services that development and tests use, each by its
# own scripts/services/SERVICE.sh with the same verbs; all of them where none is named.
#
#   install  fetch and build what they need, once
#   start    install, start on free ports of this machine, wait until they answer; what runs already is left as it is
#   stop     stop them cleanly
#   status   tell what runs where
#   run COMMAND…
#            start all, run the command, stop those that were not running before
#
# Everything lives under .clutch/services; its file `env` has the addresses, one NAME=value a line. A service that cannot be
# had is said loudly and left out; with CI set it is a failure.
set -euo pipefail
cd "$(dirname "$0")/.."
export CLUTCH_SERVICES="$PWD/.clutch/services"
mkdir -p "$CLUTCH_SERVICES"

verb=${1:-}
case $verb in
install | start | stop | status | run) shift ;;
*)
    sed -n '2,14s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac

all=()
for script in scripts/services/*.sh; do all+=("$(basename "$script" .sh)"); done

# Each service writes its addresses to SERVICE.env while it runs: together they are `env`.
gather() {
    cat "$CLUTCH_SERVICES"/*.env 2>/dev/null >"$CLUTCH_SERVICES/env.new" || true
    mv "$CLUTCH_SERVICES/env.new" "$CLUTCH_SERVICES/env"
}

each() { # each VERB SERVICE…
    local verb=$1 failed=0 service
    shift
    for service in "$@"; do
        if [ ! -f "scripts/services/$service.sh" ]; then
            echo "there is no service $service: there are ${all[*]}" >&2
            exit 2
        fi
        if ! bash "scripts/services/$service.sh" "$verb"; then
            failed=1
            if [ "$verb" = install ] || [ "$verb" = start ]; then
                echo "WARNING: the service $service could not be had: tests against it will be SKIPPED" >&2
            fi
        fi
    done
    gather
    if [ "$failed" = 1 ] && [ -n "${CI:-}" ]; then return 1; fi
}

if [ "$verb" = run ]; then
    begun=()
    for service in "${all[@]}"; do
        if ! bash "scripts/services/$service.sh" status >/dev/null; then begun+=("$service"); fi
    done
    end() { if [ "${#begun[@]}" -gt 0 ]; then each stop "${begun[@]}"; fi; }
    trap end EXIT
    each start "${all[@]}"
    set -a
    # shellcheck source=/dev/null
    . "$CLUTCH_SERVICES/env"
    set +a
    "$@"
    exit
fi

if [ "$#" = 0 ]; then set -- "${all[@]}"; fi
each "$verb" "$@"
