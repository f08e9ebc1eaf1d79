//! What parity checks found, a file for each view hash: written by `clutch parity`, copied into the versions that are
//! trained on the view.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use features::kernel::KERNEL_VERSION;
use features::plan::ViewHash;
use features::project::Project;

use crate::artifact::ParityCertificate;

/// Changed whenever an older binary could not read the file.
const FORMAT: u32 = 1;

/// A folder of certificates.
#[derive(Debug, Clone)]
pub struct Certificates {
    folder: PathBuf,
}

#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    #[error("cannot {action} {}", path.display())]
    Io { action: &'static str, path: PathBuf, source: io::Error },
    #[error("{} is no certificate that this version can read: run `clutch parity` again", path.display())]
    Unreadable { path: PathBuf, source: serde_json::Error },
}

/// A file's content.
#[derive(serde::Serialize, serde::Deserialize)]
struct Stored {
    format: u32,
    #[serde(flatten)]
    certificate: ParityCertificate,
}

impl Certificates {
    pub fn new(folder: impl Into<PathBuf>) -> Certificates {
        Certificates { folder: folder.into() }
    }

    /// Those of a project: `.clutch/parity`.
    pub fn of_project(project: &Project) -> Certificates {
        Certificates::new(project.state_dir().join("parity"))
    }

    /// The latest certificate of a view, if there is one and it is of this binary's kernel.
    pub fn find(&self, view: &ViewHash) -> Result<Option<ParityCertificate>, CertificateError> {
        let path = self.path(view);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(CertificateError::Io { action: "read", path, source }),
        };
        let stored: Stored =
            serde_json::from_slice(&bytes).map_err(|source| CertificateError::Unreadable { path, source })?;
        let matches = stored.format == FORMAT
            && stored.certificate.view_hash == *view
            && stored.certificate.kernel_version == KERNEL_VERSION;
        Ok(matches.then_some(stored.certificate))
    }

    /// Keeps a certificate in place of the view's one before; the file appears whole or not at all. Returns where it is.
    pub fn store(&self, certificate: &ParityCertificate) -> Result<PathBuf, CertificateError> {
        let path = self.path(&certificate.view_hash);
        let stored = Stored { format: FORMAT, certificate: certificate.clone() };
        let failed = |source| CertificateError::Io { action: "write", path: path.clone(), source };
        let text = serde_json::to_string_pretty(&stored).map_err(io::Error::from).map_err(failed)?;
        fs::create_dir_all(&self.folder).and_then(|()| replace(&path, &text)).map_err(failed)?;
        Ok(path)
    }

    fn path(&self, view: &ViewHash) -> PathBuf {
        self.folder.join(format!("{view}.json"))
    }
}

/// Through a file beside it, durable before it has its name. What a crash leaves behind is overwritten by the next check.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let beside = path.with_extension(format!("{}.tmp", std::process::id()));
    let mut file = File::create(&beside)?;
    writeln!(file, "{text}")?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::sample;

    fn folder() -> (tempfile::TempDir, Certificates) {
        let folder = tempfile::tempdir().unwrap();
        let certificates = Certificates::new(folder.path().join("parity"));
        (folder, certificates)
    }

    #[test]
    fn a_stored_certificate_is_found_by_its_view_and_replaced_by_the_next() {
        let (_folder, certificates) = folder();
        for mismatches in [3, 0] {
            let certificate = sample::certificate(mismatches);
            certificates.store(&certificate).unwrap();
            assert_eq!(certificates.find(&certificate.view_hash).unwrap(), Some(certificate));
        }
        assert_eq!(certificates.find(&ViewHash("f".repeat(32))).unwrap(), None);
    }

    #[test]
    fn a_certificate_of_another_kernel_counts_for_nothing() {
        let (_folder, certificates) = folder();
        let mut certificate = sample::certificate(0);
        certificate.kernel_version = KERNEL_VERSION + 1;
        certificates.store(&certificate).unwrap();
        assert_eq!(certificates.find(&certificate.view_hash).unwrap(), None);
    }

    #[test]
    fn a_damaged_certificate_is_named() {
        let (_folder, certificates) = folder();
        let path = certificates.store(&sample::certificate(0)).unwrap();
        fs::write(&path, "{").unwrap();
        let error = certificates.find(&ViewHash("0".repeat(32))).unwrap_err();
        assert!(error.to_string().contains(".json") && matches!(error, CertificateError::Unreadable { .. }), "{error}");
    }

    #[test]
    fn the_format_is_pinned() {
        let (_folder, certificates) = folder();
        let mut certificate = sample::certificate(0);
        certificate.kernel_version = 1;
        let path = certificates.store(&certificate).unwrap();
        let expected = r#"{
  "format": 1,
  "view_hash": "00000000000000000000000000000000",
  "kernel_version": 1,
  "rows": 100,
  "values": 400,
  "mismatches": 0,
  "restarts": 50,
  "seed": 1,
  "data": {
    "rows": 120,
    "digest": "c0ffee",
    "sources": [
      "plays.csv"
    ]
  },
  "checked_at": "2025-02-09T23:31:00.000000Z"
}
"#;
        assert_eq!(fs::read_to_string(path).unwrap(), expected);
    }
}
