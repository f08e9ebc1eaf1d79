//! One Parquet file over HTTP into a folder: resumed where it broke off, complete or not there at all.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use features::batch::{BatchError, check_parquet_ends};
use ureq::http::{HeaderMap, Response, header};
use ureq::{Agent, Body, Proxy};

use super::resume::{self, Answer, ContentRange, Step, Version};

/// Why a file could not be had.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error("the server has no such file")]
    NotFound,
    #[error("the server cannot be reached")]
    Unreachable { source: ureq::Error },
    #[error("the connection broke off {attempts} times in a row at byte {have}")]
    Interrupted { attempts: u32, have: u64, source: Option<std::io::Error> },
    #[error("the server answered with status {0}")]
    Refused(u16),
    #[error("the server's answers about this file contradict each other")]
    Contradiction,
    #[error("what the server sent is not the file")]
    NotTheFile { source: BatchError },
    #[error("{}", path.display())]
    Disk { path: PathBuf, source: std::io::Error },
}

/// Attempts in a row that brought nothing new before giving up.
const ATTEMPTS: u32 = 5;
/// Attempts in all, however much each of them brings.
const ATTEMPTS_IN_ALL: u32 = 100;
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);
const BUFFER: usize = 1 << 16;

pub(super) struct Fetcher<'a> {
    agent: Agent,
    sleep: &'a dyn Fn(Duration),
}

/// What one attempt came to.
enum Attempt {
    Done,
    /// Something new is here, or the next attempt will ask for something else.
    Again,
    /// Nothing new; the next attempt will ask for the same.
    Failed(FetchError),
}

impl<'a> Fetcher<'a> {
    /// `sleep` is called between attempts.
    pub(super) fn new(proxy: Option<Proxy>, sleep: &'a dyn Fn(Duration)) -> Fetcher<'a> {
        let config = Agent::config_builder()
            .proxy(proxy)
            .http_status_as_error(false)
            .timeout_connect(Some(Duration::from_secs(20)))
            .timeout_recv_response(Some(Duration::from_secs(60)))
            .timeout_per_read(Some(Duration::from_secs(60)))
            .build();
        Fetcher { agent: config.into(), sleep }
    }

    /// Fetches `url` into `target` by way of `target.part`, which stays for the next time if this fails. Gives the
    /// file's length. `progress` is told (bytes so far, bytes in all if known).
    pub(super) fn fetch(
        &self,
        url: &str,
        target: &Path,
        progress: &dyn Fn(u64, Option<u64>),
    ) -> Result<u64, FetchError> {
        let part = Part::of(target);
        let (mut failures, mut pause) = (0, FIRST_PAUSE);
        for _ in 0..ATTEMPTS_IN_ALL {
            let have = part.length();
            let error = match self.attempt(url, &part, progress)? {
                Attempt::Done => return part.finish(target),
                Attempt::Again if part.length() != have => {
                    (failures, pause) = (0, FIRST_PAUSE);
                    continue;
                }
                Attempt::Again => FetchError::Contradiction,
                Attempt::Failed(error) => error,
            };
            failures += 1;
            if failures == ATTEMPTS {
                return Err(error);
            }
            (self.sleep)(pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        Err(FetchError::Interrupted { attempts: ATTEMPTS_IN_ALL, have: part.length(), source: None })
    }

    fn attempt(&self, url: &str, part: &Part, progress: &dyn Fn(u64, Option<u64>)) -> Result<Attempt, FetchError> {
        let (have, known) = part.resumable();
        let response = match self.request(url, have, &known) {
            Ok(response) => response,
            Err(error) => return Ok(Attempt::Failed(FetchError::Unreachable { source: error })),
        };
        let status = response.status().as_u16();
        match resume::step(&answer(&response), have, &known) {
            Step::Append(version) => part.receive(response.into_body(), have, &version, progress),
            Step::Restart(version) => part.receive(response.into_body(), 0, &version, progress),
            Step::Complete => Ok(Attempt::Done),
            Step::Discard => {
                part.discard()?;
                Ok(Attempt::Again)
            }
            Step::NotFound => Err(FetchError::NotFound),
            Step::Later => Ok(Attempt::Failed(FetchError::Refused(status))),
            Step::Refused => Err(FetchError::Refused(status)),
        }
    }

    fn request(&self, url: &str, have: u64, known: &Version) -> Result<Response<Body>, ureq::Error> {
        // Lengths and ranges are those of the file itself only without compression.
        let mut request = self.agent.get(url).header(header::ACCEPT_ENCODING, "identity");
        if have > 0 {
            request = request.header(header::RANGE, format!("bytes={have}-"));
            if let Some(validator) = &known.validator {
                request = request.header(header::IF_RANGE, validator.as_str());
            }
        }
        request.call()
    }
}

fn answer(response: &Response<Body>) -> Answer {
    fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
        headers.get(name)?.to_str().ok().map(str::to_owned)
    }
    let headers = response.headers();
    Answer {
        status: response.status().as_u16(),
        content_length: text(headers, header::CONTENT_LENGTH).and_then(|length| length.parse().ok()),
        content_range: text(headers, header::CONTENT_RANGE).as_deref().and_then(ContentRange::parse),
        etag: text(headers, header::ETAG),
        last_modified: text(headers, header::LAST_MODIFIED),
    }
}

/// A file on its way: the bytes so far, and beside them which version they are of.
struct Part {
    bytes: PathBuf,
    version: PathBuf,
}

impl Part {
    fn of(target: &Path) -> Part {
        let with = |ending: &str| {
            let mut name = target.as_os_str().to_owned();
            name.push(ending);
            PathBuf::from(name)
        };
        Part { bytes: with(".part"), version: with(".part.json") }
    }

    fn length(&self) -> u64 {
        std::fs::metadata(&self.bytes).map_or(0, |file| file.len())
    }

    /// How many bytes can be built on: none unless it is known what they are of.
    fn resumable(&self) -> (u64, Version) {
        let version = std::fs::read(&self.version).ok().and_then(|text| serde_json::from_slice(&text).ok());
        match version {
            Some(version) if version != Version::default() => (self.length(), version),
            _ => (0, Version::default()),
        }
    }

    fn discard(&self) -> Result<(), FetchError> {
        for path in [&self.version, &self.bytes] {
            match std::fs::remove_file(path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(disk(path, error)),
                _ => {}
            }
        }
        Ok(())
    }

    /// Writes a body behind the first `have` bytes.
    fn receive(
        &self,
        body: Body,
        have: u64,
        version: &Version,
        progress: &dyn Fn(u64, Option<u64>),
    ) -> Result<Attempt, FetchError> {
        let mut file = self.open(have, version)?;
        let mut reader = body.into_reader();
        let mut buffer = vec![0; BUFFER];
        let mut length = have;
        let broken = loop {
            progress(length, version.length);
            match reader.read(&mut buffer) {
                Ok(0) => break None,
                Ok(count) => {
                    file.write_all(&buffer[..count]).map_err(|error| disk(&self.bytes, error))?;
                    length += count as u64;
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => break Some(error),
            }
        };
        file.sync_all().map_err(|error| disk(&self.bytes, error))?;
        let short = version.length.is_some_and(|whole| length < whole);
        match broken {
            None if !short => Ok(Attempt::Done),
            _ if length > have => Ok(Attempt::Again),
            source => Ok(Attempt::Failed(FetchError::Interrupted { attempts: ATTEMPTS, have: length, source })),
        }
    }

    fn open(&self, have: u64, version: &Version) -> Result<File, FetchError> {
        if have == 0 {
            self.discard()?;
            let text = serde_json::to_vec(version).map_err(|error| disk(&self.version, error.into()))?;
            std::fs::write(&self.version, text).map_err(|error| disk(&self.version, error))?;
        }
        let opened = OpenOptions::new().append(true).create(true).open(&self.bytes);
        opened.map_err(|error| disk(&self.bytes, error))
    }

    /// Gives the file its name, if it is one.
    fn finish(&self, target: &Path) -> Result<u64, FetchError> {
        let length = self.length();
        let whole = self.resumable().1.length.unwrap_or(length);
        let checked = check_parquet_ends(&self.bytes);
        if checked.is_err() || whole != length {
            self.discard()?;
        }
        checked.map_err(|source| FetchError::NotTheFile { source })?;
        if whole != length {
            return Err(FetchError::Contradiction);
        }
        std::fs::rename(&self.bytes, target).map_err(|error| disk(target, error))?;
        self.discard()?;
        Ok(length)
    }
}

fn disk(path: &Path, source: std::io::Error) -> FetchError {
    FetchError::Disk { path: path.to_path_buf(), source }
}

#[cfg(test)]
mod tests;
