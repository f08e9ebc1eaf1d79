//! CPU time of this process's threads, by name (Linux).

use std::time::Duration;

/// User and system time so far of all threads whose names begin with `prefix`; zero where the system does not tell.
pub(crate) fn of_threads(prefix: &str) -> Duration {
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else { return Duration::ZERO };
    let ticks: u64 = tasks
        .flatten()
        .filter_map(|task| std::fs::read_to_string(task.path().join("stat")).ok())
        .filter_map(|stat| {
            let (name, rest) = stat.split_once('(')?.1.rsplit_once(") ")?;
            let mut fields = rest.split(' ').skip(11).map(|field| field.parse::<u64>().unwrap_or(0));
            name.starts_with(prefix).then(|| fields.next().unwrap_or(0) + fields.next().unwrap_or(0))
        })
        .sum();
    // Linux counts in hundredths of a second.
    Duration::from_millis(10 * ticks)
}
