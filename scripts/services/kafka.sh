#!/usr/bin/env bash
# scripts/services/kafka.sh install|start|stop|status: Apache Kafka, one process (KRaft), called by scripts/services.sh.
#
# Under $CLUTCH_SERVICES/kafka: lib (jars, by Maven), java.args (how to start one), formatted (an empty data folder, copied for
# each new broker), template.properties (its settings), data, log and pid; beside it kafka.env (KAFKA=host:port) while it
# runs. Tests that kill brokers start their own from these.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
home=${CLUTCH_SERVICES:?set by scripts/services.sh}/kafka
pom="$here/kafka.pom.xml"
give_up() {
    echo "WARNING: no Apache Kafka: $1" >&2
    exit 1
}

# One node that is broker and controller. Replication of one, and no waiting for members of a group that never come.
configure() { # configure PORT CONTROLLER_PORT DATA
    cat <<END
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$2
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:$1,CONTROLLER://127.0.0.1:$2
advertised.listeners=PLAINTEXT://127.0.0.1:$1
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$3
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=8
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=8
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=8388608
num.network.threads=2
num.io.threads=4
END
}

# A small broker: quick to start, and its heap is a fraction of the machine's.
java_args() {
    cat <<END
-Xms128m
-Xmx512m
-XX:+UseSerialGC
-XX:TieredStopAtLevel=1
-Dorg.slf4j.simpleLogger.defaultLogLevel=warn
-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info
-Dorg.slf4j.simpleLogger.log.org.apache.kafka.common.utils.AppInfoParser=error
-cp "$home/lib/*"
END
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

# A number that was left behind may be another process's.
is_ours() { tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null | grep -F "$home/server.properties" >/dev/null; }
running() { [ -f "$home/pid" ] && [ -f "$home.env" ] && is_ours "$(cat "$home/pid")"; }

# need COMMAND PACKAGE WHY: where it may, it installs what is missing.
need() {
    if command -v "$1" >/dev/null; then return; fi
    command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] || give_up "$3"
    echo "installing $2 with apt-get (once)" >&2
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$2"; } >/dev/null 2>&1 || give_up "$3"
}

install() {
    # Made anew whenever this script or what it fetches changes.
    if cat "$pom" "$0" | cmp -s - "$home/installed"; then return; fi
    need java default-jre-headless "there is no java (17 or newer): install a JRE, e.g. openjdk-17-jre-headless"
    need mvn maven "there is no mvn, which fetches it: install Apache Maven"
    echo "fetching Apache Kafka with Maven (once, about 45 MB)" >&2
    rm -rf "$home/lib" "$home/formatted" "$home/installed"
    mkdir -p "$home"
    # Out of a folder of its own: Maven writes beside the file that it is given.
    mkdir -p "$home/maven" && cp "$pom" "$home/maven/pom.xml"
    mvn -q -B -f "$home/maven/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$home/lib" \
        >"$home/maven/log" 2>&1 || give_up "Maven could not fetch it: see $home/maven/log"
    java_args >"$home/java.args"
    configure @PORT@ @CONTROLLER@ @DATA@ >"$home/template.properties"
    configure 1 2 "$home/formatted" >"$home/format.properties"
    java "@$home/java.args" kafka.tools.StorageTool format -t clutchServicesOfTests -c "$home/format.properties" \
        >"$home/format.log" 2>&1 || give_up "its data folder could not be made: see $home/format.log"
    cat "$pom" "$0" >"$home/installed"
}

start() {
    if running; then return; fi
    install
    local port controller
    port=$(free_port) controller=$(free_port)
    # Topics of an earlier run are of no use to the next.
    rm -rf "$home/data" "$home.env"
    cp -r "$home/formatted" "$home/data"
    configure "$port" "$controller" "$home/data" >"$home/server.properties"
    setsid nohup java "@$home/java.args" kafka.Kafka "$home/server.properties" >"$home/log" 2>&1 </dev/null &
    local pid=$!
    echo "$pid" >"$home/pid"
    for _ in $(seq 600); do
        if grep -q "Kafka Server started" "$home/log"; then
            echo "KAFKA=127.0.0.1:$port" >"$home.env"
            echo "Apache Kafka answers on 127.0.0.1:$port" >&2
            return
        fi
        kill -0 "$pid" 2>/dev/null || give_up "it ended while it started: see $home/log"
        sleep 0.1
    done
    kill "$pid"
    give_up "it did not start within a minute: see $home/log"
}

stop() {
    rm -f "$home.env"
    [ -f "$home/pid" ] || return 0
    local pid
    pid=$(cat "$home/pid")
    # A clean stop; its end is waited for, and not for ever.
    if ! is_ours "$pid"; then
        rm -f "$home/pid"
        return 0
    fi
    kill "$pid" 2>/dev/null || true
    for _ in $(seq 300); do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
    done
    kill -9 "$pid" 2>/dev/null || true
    rm -f "$home/pid"
}

status() {
    if running; then
        echo "kafka: $(cat "$home.env"), process $(cat "$home/pid")"
    else
        echo "kafka: not running"
        return 1
    fi
}

case ${1:-} in
install | start | stop | status) "$1" ;;
*) give_up "unknown verb ${1:-}" ;;
esac
