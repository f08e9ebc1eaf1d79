//! `[connections] kafka`

use std::path::PathBuf;

use super::{changed, explained};
use crate::project::{KafkaConnection, KafkaTls, SaslMechanism};

const REGISTRY: &str = "registry = { path = \"${REGISTRY}\" }";

fn connection(written: &str) -> KafkaConnection {
    let project = changed(&[(REGISTRY, written)]).unwrap_or_else(|problems| panic!("{problems}"));
    project.connections.kafka.expect("declared")
}

#[test]
fn an_address_is_all_that_is_needed() {
    let found = connection("kafka = { bootstrap_servers = \"one:9092, [::1]:9093\" }");
    assert_eq!(found, KafkaConnection::plain("one:9092, [::1]:9093"));
}

#[test]
fn everything_can_be_declared_and_a_password_is_never_shown() {
    let found = connection(
        "[connections.kafka]\nbootstrap_servers = \"one:9092\"\nnamespace = \"demo-2\"\nreplication = 3\n\
         retention = \"30d\"\n[connections.kafka.security]\nprotocol = \"SASL_SSL\"\nmechanism = \"SCRAM-SHA-512\"\n\
         username = \"me\"\npassword = \"${REGISTRY}\"\nca = \"ca.pem\"\n",
    );
    let sasl = found.sasl.clone().expect("sasl");
    assert_eq!((sasl.mechanism, sasl.username.as_str()), (SaslMechanism::ScramSha512, "me"));
    assert_eq!(sasl.password.reveal(), "models");
    assert_eq!(found.tls, Some(KafkaTls { ca: Some(PathBuf::from("/demo/ca.pem")), ..KafkaTls::default() }));
    assert_eq!((found.namespace.as_deref(), found.replication), (Some("demo-2"), Some(3)));
    assert_eq!(found.retention, Some(30 * 86_400_000_000));
    assert!(!format!("{found:?}").contains("models"), "{found:?}");
}

#[test]
fn connections_to_kafka_that_cannot_be() {
    let secured = |keys: &str| format!("kafka = {{ bootstrap_servers = \"one:9092\", security = {{ {keys} }} }}");
    let each = [
        "kafka = \"one:9092\"".to_owned(),
        "kafka = { bootstrap_server = \"one:9092\" }".to_owned(),
        "kafka = { bootstrap_servers = \"one\" }".to_owned(),
        "kafka = { bootstrap_servers = \"one:9092,two:port\" }".to_owned(),
        "kafka = { bootstrap_servers = \"one:9092\", namespace = \"no good\" }".to_owned(),
        "kafka = { bootstrap_servers = \"one:9092\", replication = 0 }".to_owned(),
        secured("protocol = \"SASL_TLS\""),
        secured("protocol = \"SASL_PLAINTEXT\", mechanism = \"SCRAM-SHA-1\", username = \"me\""),
        secured("protocol = \"SASL_SSL\", mechanism = \"PLAIN\", username = \"me\", password = \"hunter2\""),
        secured("protocol = \"SSL\", mechanism = \"PLAIN\""),
        secured("protocol = \"SSL\", certificate = \"me.pem\""),
    ];
    golden!(each.iter().map(|written| explained(&[(REGISTRY, written)])).collect::<String>());
}
