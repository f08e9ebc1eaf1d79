//! `[connections] redis`: where key states live.

use std::ops::Range;

use super::connections::{Environment, substitute};
use super::document::{Section, Text, is_name};
use super::spec::{RedisConnection, RedisUrl, Secret};
use crate::value::Micros;

const PASSWORDS: &str = "write password = \"${REDIS_PASSWORD}\", and set the variable where clutch runs";

/// `{ url = "…" }` for one server, `{ urls = ["…"] }` for a cluster. `project` is what keys are called after by default.
pub(super) fn read(
    connections: &mut Section<'_>,
    project: Option<&str>,
    environment: Environment<'_>,
) -> Option<RedisConnection> {
    connections.get("redis")?;
    let mut section = connections.section("redis")?;
    let cluster = section.has("urls");
    let urls = match (cluster, section.has("url")) {
        (true, true) => {
            section.asked_for("urls");
            let message = "`url` names one server, `urls` nodes of a cluster: both together say nothing";
            section.doc.problem(section.span_of("url"), message, "leave one of them out".to_owned());
            section.string("url");
            None
        }
        (true, false) => section.strings("urls"),
        (false, _) => section.required_string("url", "url = \"${REDIS_URL}\"").map(|url| vec![url]),
    };
    if let Some(urls) = &urls
        && urls.is_empty()
    {
        section.doc.problem(section.span_of("urls"), "no node of the cluster is named", "name at least one".to_owned());
    }
    // Each is looked at, whatever is wrong with others.
    let nodes = urls.map(|urls| urls.iter().map(|url| node(&section, url, cluster, environment)).collect::<Vec<_>>());
    let prefix = match section.string("prefix") {
        Some(prefix) if is_name(prefix.value) => Some(prefix.value.to_owned()),
        Some(prefix) => {
            let help = "letters, digits, _ and -, beginning with a letter, at most 64".to_owned();
            section.doc.problem(prefix.span, format!("`{}` cannot begin the names of keys", prefix.value), help);
            None
        }
        None => Some(project.unwrap_or_default().to_owned()),
    };
    let username = section.string("username").and_then(|user| substitute(&section, &user, environment));
    let password = section.string("password");
    let password = password.and_then(|password| secret(&section, &password, environment));
    let cache_max_age = section.duration("cache_max_age").filter(|&age: &Micros| age > 0);
    section.finish();
    let nodes: Vec<RedisUrl> = nodes?.into_iter().collect::<Option<_>>().filter(|nodes: &Vec<_>| !nodes.is_empty())?;
    Some(RedisConnection { nodes, cluster, prefix: prefix?.into(), username, password, cache_max_age })
}

/// A password as it may stand in a file that is shared: by the name of the variable that holds it.
fn secret(section: &Section<'_>, text: &Text<'_>, environment: Environment<'_>) -> Option<Secret> {
    if is_written_out(text.value) {
        section.doc.problem(text.span.clone(), "a password stands in the file", PASSWORDS.to_owned());
        return None;
    }
    substitute(section, text, environment).map(Secret::new)
}

fn is_written_out(password: &str) -> bool {
    !(password.is_empty() || (password.starts_with("${") && password.ends_with('}')))
}

fn node(section: &Section<'_>, text: &Text<'_>, cluster: bool, environment: Environment<'_>) -> Option<RedisUrl> {
    let problem = |message: &str, help: &str| {
        section.doc.problem(text.span.clone(), message.to_owned(), help.to_owned());
        None
    };
    if parts(text.value).is_some_and(|parts| is_written_out(parts.password)) {
        return problem("a password stands in the file", PASSWORDS);
    }
    let url = substitute(section, text, environment)?;
    // What the environment holds is not repeated: it may hold a password.
    let Some(parts) = parts(&url) else {
        return problem(
            "this is no address of a Redis",
            "write \"redis://HOST:6379\", or \"rediss://HOST:6379\" for TLS",
        );
    };
    if parts.host.is_empty() {
        return problem("the address names no host", "write \"redis://HOST:6379\"");
    }
    if parts.port.is_some_and(|port| port.parse::<u16>().unwrap_or_default() == 0) {
        return problem("the port of the address is none", "write a number from 1 to 65535, or leave it out for 6379");
    }
    match parts.database {
        "" => {}
        database if database.parse::<u32>().is_err() => {
            return problem("what follows the address is no database", "write its number: \"redis://HOST:6379/0\"");
        }
        database if cluster && database != "0" => {
            return problem("a cluster has one database", "leave its number out; `prefix` tells projects apart");
        }
        _ => {}
    }
    Some(RedisUrl::new(url.clone(), shown(&parts)))
}

/// `SCHEME://[USER[:PASSWORD]@]HOST[:PORT][/DATABASE]`
struct Parts<'a> {
    scheme: &'a str,
    password: &'a str,
    host: &'a str,
    port: Option<&'a str>,
    database: &'a str,
}

fn parts(url: &str) -> Option<Parts<'_>> {
    let (scheme, rest) = url.split_once("://")?;
    if !matches!(scheme, "redis" | "rediss") {
        return None;
    }
    let (login, rest) = rest.rsplit_once('@').unwrap_or(("", rest));
    let (_, password) = login.split_once(':').unwrap_or((login, ""));
    let (place, database) = rest.split_once('/').unwrap_or((rest, ""));
    let Range { start, end } = bracketed(place);
    let (host, port) = match place.get(start..end) {
        Some(address) if !address.is_empty() => {
            let rest = place.get(end + 1..)?;
            (place.get(..=end)?, if rest.is_empty() { None } else { Some(rest.strip_prefix(':')?) })
        }
        _ => place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port))),
    };
    Some(Parts { scheme, password, host, port, database })
}

/// Where an IPv6 address stands between its brackets.
fn bracketed(place: &str) -> Range<usize> {
    match (place.starts_with('['), place.find(']')) {
        (true, Some(end)) => 1..end,
        _ => 0..0,
    }
}

/// Without the login.
fn shown(parts: &Parts<'_>) -> String {
    let port = parts.port.map(|port| format!(":{port}")).unwrap_or_default();
    let database = if parts.database.is_empty() { String::new() } else { format!("/{}", parts.database) };
    format!("{}://{}{port}{database}", parts.scheme, parts.host)
}
