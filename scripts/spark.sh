#!/usr/bin/env bash
# scripts/spark.sh VENV: what PySpark needs to read and write Kafka, by Maven into VENV/spark-jars. Where that cannot be done it
# says so and goes on without: the benchmark against it then fails where it is asked for.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=$1
give_up() {
    echo "WARNING: no Kafka source for PySpark: $1" >&2
    exit 0
}
command -v java >/dev/null || give_up "there is no java (17 or newer): install a JRE, e.g. openjdk-17-jre-headless"
command -v mvn >/dev/null || give_up "there is no mvn, which fetches it: install Apache Maven"
rm -rf "$venv/spark-jars"
# Out of a folder of its own: Maven writes beside the file that it is given.
mkdir -p "$venv/spark-maven" && cp benches/peers/spark.pom.xml "$venv/spark-maven/pom.xml"
mvn -q -B -f "$venv/spark-maven/pom.xml" dependency:copy-dependencies -DincludeScope=runtime \
    -DoutputDirectory="$(cd "$venv" && pwd)/spark-jars" >"$venv/spark-maven/log" 2>&1 ||
    give_up "Maven could not fetch it: see $venv/spark-maven/log"
