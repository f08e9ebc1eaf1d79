//! `make chaos` in its short form: three servers, a broker and a Redis are killed while plays go through them, and a program
//! that shares nothing with Clutch reads what they have left. See `tests/chaos`.

use std::path::Path;
use std::process::Command;

use crate::support::python;

#[test]
fn plays_through_a_short_storm_are_each_predicted_once() {
    let Some(python) = python() else { return };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let services = std::env::var_os("CLUTCH_SERVICES").map_or_else(|| root.join(".clutch/services"), Into::into);
    let mut missing = Vec::new();
    if !python.has("confluent_kafka") {
        missing.push("confluent-kafka in Python: scripts/python.sh installs it");
    }
    if !services.join("kafka/installed").exists() || !services.join("redis/bin/redis-server").exists() {
        missing.push("Apache Kafka and Redis: scripts/services.sh install gets them");
    }
    if !missing.is_empty() {
        let why = format!("SKIPPED: there is no {}", missing.join(", no "));
        assert!(std::env::var_os("CI").is_none(), "{why}");
        eprintln!("{why}");
        return;
    }
    let mut storm = Command::new(python.interpreter());
    storm.arg(root.join("tests/chaos/chaos.py")).arg("--binary").arg(env!("CARGO_BIN_EXE_clutch"));
    storm.args([
        "--events",
        "2500",
        "--seconds",
        "25",
        "--workers",
        "4",
        "--brokers",
        "2",
        "--redis",
        "3",
        "--seed",
        "5",
    ]);
    let output = storm.env("CLUTCH_SERVICES", &services).output().expect("python runs");
    let (told, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{told}\n{errors}");
    assert!(told.contains("nothing lost, nothing doubled, nothing different"), "{told}");
}
