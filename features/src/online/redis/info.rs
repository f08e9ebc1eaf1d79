//! What a server must be to keep states, read from its answer to INFO.

use super::problem::RedisProblem;

/// Below it, what scripts do is handed on to replicas in another way.
const OLDEST: u32 = 7;

/// Whether states may be kept there. INFO is allowed where managed services refuse CONFIG.
pub(super) fn check(address: &str, info: &str, cluster: bool) -> Result<(), RedisProblem> {
    let address = || address.to_owned();
    let value = |name: &str| {
        let line = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.map(str::trim).unwrap_or_default()
    };
    let version = value("redis_version");
    let major: Option<u32> = version.split('.').next().and_then(|major| major.parse().ok());
    if major.is_none_or(|major| major < OLDEST) {
        let version = if version.is_empty() { "of an unknown version" } else { version };
        return Err(RedisProblem::Version { address: address(), version: version.to_owned() });
    }
    let policy = value("maxmemory_policy");
    if policy != "noeviction" {
        return Err(RedisProblem::Evicts { address: address(), policy: policy.to_owned() });
    }
    match (value("cluster_enabled") == "1", cluster) {
        (true, false) => return Err(RedisProblem::OfACluster { address: address() }),
        (false, true) => return Err(RedisProblem::NotOfACluster { address: address() }),
        _ => {}
    }
    // A cluster has replicas too: its own clients know which.
    if !cluster && value("role") != "master" {
        return Err(RedisProblem::Replica { address: address() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "# Server\r\nredis_version:7.0.15\r\n# Memory\r\nmaxmemory_policy:noeviction\r\nrole:master\r\ncluster_enabled:0\r\n";

    fn problem(from: &str, to: &str, cluster: bool) -> String {
        check("redis:6379", &GOOD.replace(from, to), cluster)
            .map_or_else(|problem| problem.to_string(), |()| "none".into())
    }

    #[test]
    fn a_server_that_keeps_what_it_is_given_is_taken() {
        assert_eq!(problem("", "", false), "none");
        assert_eq!(problem("7.0.15", "10.2.0", false), "none");
        assert_eq!(problem("cluster_enabled:0", "cluster_enabled:1", true), "none");
        assert_eq!(problem("role:master\r\ncluster_enabled:0", "role:slave\r\ncluster_enabled:1", true), "none");
    }

    #[test]
    fn other_servers_are_refused_with_a_remedy() {
        for (from, to, cluster, wanted) in [
            ("7.0.15", "6.2.14", false, "redis:6379 runs Redis 6.2.14; version 7 or newer"),
            ("redis_version", "version", false, "version 7 or newer"),
            ("noeviction", "allkeys-lru", false, "is allkeys-lru; set it to noeviction"),
            ("role:master", "role:slave", false, "name its primary"),
            ("cluster_enabled:0", "cluster_enabled:1", false, "urls = ["),
            ("", "", true, "url = \""),
        ] {
            let told = problem(from, to, cluster);
            assert!(told.contains(wanted), "{told}");
        }
    }
}
