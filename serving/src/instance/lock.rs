//! `.clutch/lock`: held by the one process that owns the folder, and telling the others who that is.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use features::value::Micros;

const FILE: &str = "lock";

/// What the lock file says of its holder.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Holder {
    pub pid: u32,
    /// Microseconds since 1970.
    pub started_at: Micros,
    /// Where it answers HTTP, once it does.
    pub http: Option<SocketAddr>,
    /// Its admin socket.
    pub socket: PathBuf,
}

#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error("{}{}", .dir.display(), held_by(.holder.as_ref()))]
    Held { dir: PathBuf, holder: Option<Holder> },
    #[error("could not {action} `{}`", .path.display())]
    Io { action: &'static str, path: PathBuf, source: std::io::Error },
}

fn held_by(holder: Option<&Holder>) -> String {
    match holder {
        Some(Holder { pid, http: Some(http), .. }) => {
            format!(" is in use by process {pid}, which answers on http://{http}")
        }
        Some(Holder { pid, .. }) => format!(" is in use by process {pid}"),
        None => " is in use by another process".to_owned(),
    }
}

impl Holder {
    /// Who holds the folder, or held it last: whether that process still runs is only known by asking it.
    pub fn read(dir: &Path) -> Option<Holder> {
        serde_json::from_slice(&std::fs::read(dir.join(FILE)).ok()?).ok()
    }

    /// Whether a process holds the folder right now. Asked with a shared lock, for the moment of asking only; who takes
    /// the lock meanwhile tries again: see [`Lock::acquire`].
    pub fn holds(dir: &Path) -> bool {
        let Ok(file) = File::open(dir.join(FILE)) else { return false };
        matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
    }
}

/// The lock, held until it is dropped or the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    pub(super) fn acquire(dir: &Path) -> Result<Lock, LockError> {
        let path = dir.join(FILE);
        let io = |action| {
            let path = path.clone();
            move |source| LockError::Io { action, path, source }
        };
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(io("open"))?;
        match try_lock(&file) {
            Ok(()) => Ok(Lock { file, path }),
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let holder = (&file).read_to_string(&mut text).ok().and_then(|_| serde_json::from_str(&text).ok());
                Err(LockError::Held { dir: dir.to_path_buf(), holder })
            }
            Err(TryLockError::Error(source)) => Err(io("lock")(source)),
        }
    }

    /// Says who holds it. Written in place, because the lock is on this file and not on its name.
    pub(super) fn announce(&mut self, holder: &Holder) -> Result<(), LockError> {
        let write = || {
            let mut file = &self.file;
            file.set_len(0)?;
            file.rewind()?;
            serde_json::to_writer(file, holder)?;
            file.flush()
        };
        write().map_err(|source| LockError::Io { action: "write", path: self.path.clone(), source })
    }
}

/// Whoever only asks whether the folder is held has it for an instant: see [`Holder::holds`].
fn try_lock(file: &File) -> Result<(), TryLockError> {
    for _ in 0..5 {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(std::time::Duration::from_millis(2)),
            tried => return tried,
        }
    }
    file.try_lock()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(http: Option<&str>) -> Holder {
        Holder {
            pid: 4711,
            started_at: 5,
            http: http.map(|text| text.parse().expect("address")),
            socket: "/tmp/admin.sock".into(),
        }
    }

    #[test]
    fn a_second_holder_is_refused_and_told_who_is_first() {
        let dir = tempfile::tempdir().expect("folder");
        let mut lock = Lock::acquire(dir.path()).expect("first");
        lock.announce(&holder(Some("127.0.0.1:8080"))).expect("announce");
        let refused = Lock::acquire(dir.path()).expect_err("second");
        assert!(matches!(&refused, LockError::Held { holder: Some(h), .. } if *h == holder(Some("127.0.0.1:8080"))));
        let text = refused.to_string();
        assert!(text.ends_with("is in use by process 4711, which answers on http://127.0.0.1:8080"), "{text}");
    }

    #[test]
    fn a_holder_that_has_not_said_anything_yet_is_still_in_the_way() {
        let dir = tempfile::tempdir().expect("folder");
        let _lock = Lock::acquire(dir.path()).expect("first");
        let refused = Lock::acquire(dir.path()).expect_err("second");
        assert!(matches!(refused, LockError::Held { holder: None, .. }), "{refused}");
    }

    #[test]
    fn the_files_form_stays_as_it_is() {
        let text = serde_json::to_string(&holder(Some("127.0.0.1:8080"))).expect("JSON");
        assert_eq!(text, r#"{"pid":4711,"started_at":5,"http":"127.0.0.1:8080","socket":"/tmp/admin.sock"}"#);
    }

    #[test]
    fn it_can_be_asked_whether_the_folder_is_held() {
        let dir = tempfile::tempdir().expect("folder");
        assert!(!Holder::holds(dir.path()));
        let lock = Lock::acquire(dir.path()).expect("first");
        assert!(Holder::holds(dir.path()));
        drop(lock);
        assert!(!Holder::holds(dir.path()));
    }

    #[test]
    fn the_lock_is_free_again_once_it_is_dropped() {
        let dir = tempfile::tempdir().expect("folder");
        let mut lock = Lock::acquire(dir.path()).expect("first");
        lock.announce(&holder(Some("127.0.0.1:65000"))).expect("announce");
        drop(lock);
        let mut lock = Lock::acquire(dir.path()).expect("second");
        lock.announce(&holder(None)).expect("a shorter text replaces the longer one");
        assert_eq!(Holder::read(dir.path()), Some(holder(None)));
    }
}
