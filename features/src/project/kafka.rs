//! `[connections] kafka`: where streams are, where they are not embedded.

use std::path::{Path, PathBuf};

use smol_str::SmolStr;

use super::connections::{Environment, substitute};
use super::document::{Section, Text, is_name};
use super::spec::Secret;
use crate::nearest::did_you_mean;
use crate::value::Micros;

const PASSWORDS: &str = "write password = \"${KAFKA_PASSWORD}\", and set the variable where clutch runs";

/// `[connections] kafka`
#[derive(Debug, Clone, PartialEq)]
pub struct KafkaConnection {
    /// `host:port`, at least one, separated by commas: they name the other brokers.
    pub bootstrap_servers: String,
    pub tls: Option<KafkaTls>,
    pub sasl: Option<KafkaSasl>,
    /// What the names of groups, transactions and internal topics begin with; by default `clutch-` and the project's name.
    pub namespace: Option<SmolStr>,
    /// Of topics that are made here: copies of each partition, and how long records are kept; the broker's own where absent.
    pub replication: Option<u16>,
    pub retention: Option<Micros>,
}

/// How a broker proves who it is, and perhaps the client with a certificate of its own.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct KafkaTls {
    /// Certificates that are trusted; the system's where absent.
    pub ca: Option<PathBuf>,
    pub certificate: Option<PathBuf>,
    pub key: Option<PathBuf>,
    pub key_password: Option<Secret>,
}

/// How the client proves who it is.
#[derive(Debug, Clone, PartialEq)]
pub struct KafkaSasl {
    pub mechanism: SaslMechanism,
    pub username: String,
    pub password: Secret,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaslMechanism {
    Plain,
    ScramSha256,
    ScramSha512,
}

impl SaslMechanism {
    const ALL: [(&str, SaslMechanism); 3] = [
        ("PLAIN", SaslMechanism::Plain),
        ("SCRAM-SHA-256", SaslMechanism::ScramSha256),
        ("SCRAM-SHA-512", SaslMechanism::ScramSha512),
    ];

    pub fn name(self) -> &'static str {
        SaslMechanism::ALL.iter().find(|(_, mechanism)| *mechanism == self).map_or("", |(name, _)| name)
    }
}

/// With TLS, with SASL.
const PROTOCOLS: [(&str, (bool, bool)); 4] = [
    ("PLAINTEXT", (false, false)),
    ("SSL", (true, false)),
    ("SASL_PLAINTEXT", (false, true)),
    ("SASL_SSL", (true, true)),
];

impl KafkaConnection {
    /// Brokers that ask nobody who they are.
    pub fn plain(bootstrap_servers: &str) -> KafkaConnection {
        KafkaConnection {
            bootstrap_servers: bootstrap_servers.to_owned(),
            tls: None,
            sasl: None,
            namespace: None,
            replication: None,
            retention: None,
        }
    }
}

/// Files are looked for below `dir`.
pub(super) fn read(connections: &mut Section<'_>, dir: &Path, environment: Environment<'_>) -> Option<KafkaConnection> {
    connections.get("kafka")?;
    let mut section = connections.section("kafka")?;
    let servers = section.required_string("bootstrap_servers", "bootstrap_servers = \"${KAFKA}\"");
    let servers = servers.and_then(|text| servers_of(&section, &text, environment));
    let namespace = section.string("namespace").filter(|namespace| is_fit(&section, namespace));
    let replication = section.integer("replication", 1..=i64::from(u16::MAX)).and_then(|n| u16::try_from(n).ok());
    let retention = section.duration("retention").filter(|&retention| retention > 0);
    let security = section.has("security").then(|| section.section("security"));
    let security = match security {
        None => {
            section.asked_for("security");
            Some((None, None))
        }
        Some(security) => security.and_then(|security| read_security(security, dir, environment)),
    };
    section.finish();
    let (tls, sasl) = security?;
    let namespace = namespace.map(|namespace| namespace.value.into());
    Some(KafkaConnection { bootstrap_servers: servers?, tls, sasl, namespace, replication, retention })
}

fn is_fit(section: &Section<'_>, namespace: &Text<'_>) -> bool {
    let is_name = is_name(namespace.value);
    if !is_name {
        let help = "letters, digits, _ and -, beginning with a letter, at most 64".to_owned();
        let message = format!("`{}` cannot begin the names of groups", namespace.value);
        section.doc.problem(namespace.span.clone(), message, help);
    }
    is_name
}

/// What the environment holds is not repeated: it may be meant for somebody else.
fn servers_of(section: &Section<'_>, text: &Text<'_>, environment: Environment<'_>) -> Option<String> {
    let servers = substitute(section, text, environment)?;
    let is_address = |server: &str| {
        let port = server.trim().rsplit_once(':').filter(|(host, _)| !host.is_empty()).map(|(_, port)| port);
        port.is_some_and(|port| port.parse::<u16>().is_ok_and(|port| port > 0))
    };
    if servers.split(',').all(is_address) {
        return Some(servers);
    }
    let help = "write \"HOST:9092\", several separated by commas".to_owned();
    section.doc.problem(text.span.clone(), "these are no addresses of brokers", help);
    None
}

fn read_security(
    mut section: Section<'_>,
    dir: &Path,
    environment: Environment<'_>,
) -> Option<(Option<KafkaTls>, Option<KafkaSasl>)> {
    let protocol = section.required_string("protocol", "protocol = \"SASL_SSL\"");
    let protocol = protocol.and_then(|text| one_of(&section, "protocol", &text, &PROTOCOLS));
    // What the protocol does not use is an unknown key.
    let (with_tls, with_sasl) = protocol.unwrap_or((true, true));
    let mut complete = protocol.is_some();
    let tls = with_tls.then(|| {
        let mut path = |key| {
            let text = section.string(key)?;
            substitute(&section, &text, environment).map(|path| dir.join(path))
        };
        let (ca, certificate, key) = (path("ca"), path("certificate"), path("key"));
        if certificate.is_some() != key.is_some() {
            let message = "a certificate of one's own takes both `certificate` and `key`";
            section.doc.problem(section.span.clone(), message, None);
            complete = false;
        }
        let key_password = section.string("key_password");
        let key_password = key_password.and_then(|text| secret(&section, &text, environment));
        KafkaTls { ca, certificate, key, key_password }
    });
    let sasl = with_sasl.then(|| read_sasl(&mut section, protocol.is_some(), environment));
    complete &= !matches!(sasl, Some(None));
    section.finish();
    complete.then(|| (tls, sasl.flatten()))
}

/// `is_required`: what is missing is told.
fn read_sasl(section: &mut Section<'_>, is_required: bool, environment: Environment<'_>) -> Option<KafkaSasl> {
    let mut text = |key, example: &str| match is_required {
        true => section.required_string(key, example),
        false => section.string(key),
    };
    let mechanism = text("mechanism", "mechanism = \"SCRAM-SHA-512\"");
    let username = text("username", "username = \"${KAFKA_USERNAME}\"");
    let password = text("password", "password = \"${KAFKA_PASSWORD}\"");
    let mechanism = mechanism.and_then(|text| one_of(section, "mechanism", &text, &SaslMechanism::ALL));
    let username = username.and_then(|text| substitute(section, &text, environment));
    let password = password.and_then(|text| secret(section, &text, environment));
    Some(KafkaSasl { mechanism: mechanism?, username: username?, password: password? })
}

fn one_of<T: Copy>(section: &Section<'_>, key: &str, text: &Text<'_>, known: &[(&str, T)]) -> Option<T> {
    let found = known.iter().find(|(name, _)| *name == text.value).map(|(_, value)| *value);
    if found.is_none() {
        let names: Vec<_> = known.iter().map(|(name, _)| *name).collect();
        let help = did_you_mean(text.value, names.iter().copied(), || format!("it is one of {}", names.join(", ")));
        section.doc.problem(text.span.clone(), format!("there is no {key} `{}`", text.value), help);
    }
    found
}

/// A password stands in a file that is shared only by the name of the variable that holds it.
fn secret(section: &Section<'_>, text: &Text<'_>, environment: Environment<'_>) -> Option<Secret> {
    if !(text.value.starts_with("${") && text.value.ends_with('}')) {
        section.doc.problem(text.span.clone(), "a password stands in the file", PASSWORDS.to_owned());
        return None;
    }
    substitute(section, text, environment).map(Secret::new)
}
