//! CPU time of processes.

use std::str::FromStr;

/// `--process NAME=PID`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Watched {
    pub(super) name: String,
    pub(super) pid: u32,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("write NAME=PID, such as broker=4711")]
pub(crate) struct NoProcess;

impl FromStr for Watched {
    type Err = NoProcess;

    fn from_str(text: &str) -> Result<Watched, NoProcess> {
        let (name, pid) = text.split_once('=').ok_or(NoProcess)?;
        let pid = pid.parse().map_err(|_| NoProcess)?;
        if name.is_empty() { Err(NoProcess) } else { Ok(Watched { name: name.to_owned(), pid }) }
    }
}

/// Seconds that a process has had so far, in user mode and in the kernel; `None` where the system does not tell (it must be
/// Linux), or the process is gone.
pub(super) fn seconds(pid: u32) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let ticks = ticks(&stat)?;
    Some(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
}

/// Fields 14 and 15 of the line; the second, the command's name, may hold anything.
fn ticks(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let kernel: u64 = fields.next()?.parse().ok()?;
    Some(user + kernel)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_times_stand_behind_a_name_that_may_hold_anything() {
        let stat = "4711 (a) b (c) S 1 4711 4711 0 -1 4194560 1 2 3 4 250 50 7 8 20 0 1 0 100 1 1";
        assert_eq!(ticks(stat), Some(300));
        assert_eq!(ticks("4711"), None);
    }

    #[test]
    fn a_process_is_named_with_its_pid() {
        assert_eq!("broker=12".parse(), Ok(Watched { name: "broker".into(), pid: 12 }));
        for text in ["", "broker", "=1", "broker=x"] {
            assert_eq!(text.parse::<Watched>(), Err(NoProcess), "{text}");
        }
    }
}
