//! Against a server of our own on the loopback interface, whose every answer is written out here.

use std::cell::RefCell;
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread::JoinHandle;

use super::*;

/// Answers one request after the other, each as the test says, then stops listening.
struct Server {
    url: String,
    requests: mpsc::Receiver<Vec<String>>,
    thread: JoinHandle<()>,
}

/// What is sent, byte for byte; then the connection is closed.
type Reply = Vec<u8>;

fn serve(replies: Vec<Reply>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/file.parquet", listener.local_addr().unwrap());
    let (sender, requests) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        for reply in replies {
            let (mut connection, _) = listener.accept().unwrap();
            sender.send(request_lines(&connection)).unwrap();
            connection.write_all(&reply).unwrap();
        }
    });
    Server { url, requests, thread }
}

fn request_lines(connection: &TcpStream) -> Vec<String> {
    let lines = BufReader::new(connection).lines().map(|line| line.unwrap().to_ascii_lowercase());
    lines.take_while(|line| !line.is_empty()).collect()
}

impl Server {
    /// The value of a header in every request.
    fn headers(self, name: &str) -> Vec<Option<String>> {
        self.thread.join().unwrap();
        let find = |lines: Vec<String>| {
            lines.iter().find_map(|line| line.strip_prefix(&format!("{name}: ")).map(str::to_owned))
        };
        self.requests.iter().map(find).collect()
    }
}

fn reply(status: &str, headers: &str, body: &[u8]) -> Reply {
    let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}

/// Something with Parquet's two ends.
fn parquet() -> Vec<u8> {
    let mut file = b"PAR1".to_vec();
    file.extend((0..2000_u32).flat_map(u32::to_le_bytes));
    file.extend(100_u32.to_le_bytes());
    file.extend(b"PAR1");
    file
}

fn whole(body: &[u8]) -> Reply {
    reply("200 OK", &format!("Content-Length: {}\r\nETag: \"v1\"\r\n", body.len()), body)
}

/// Announces everything, sends the first `sent` bytes.
fn cut(body: &[u8], sent: usize) -> Reply {
    reply("200 OK", &format!("Content-Length: {}\r\nETag: \"v1\"\r\n", body.len()), &body[..sent])
}

fn rest(body: &[u8], from: usize, etag: &str) -> Reply {
    let (length, last) = (body.len(), body.len() - 1);
    let headers =
        format!("Content-Length: {}\r\nContent-Range: bytes {from}-{last}/{length}\r\nETag: {etag}\r\n", length - from);
    reply("206 Partial Content", &headers, &body[from..])
}

struct Download {
    folder: tempfile::TempDir,
    pauses: RefCell<Vec<Duration>>,
}

impl Download {
    fn new() -> Download {
        Download { folder: tempfile::tempdir().unwrap(), pauses: RefCell::default() }
    }

    fn target(&self) -> PathBuf {
        self.folder.path().join("file.parquet")
    }

    fn fetch(&self, url: &str) -> Result<u64, FetchError> {
        let sleep = |pause| self.pauses.borrow_mut().push(pause);
        Fetcher::new(None, &sleep).fetch(url, &self.target(), &|_, _| ())
    }

    fn content(&self) -> Vec<u8> {
        std::fs::read(self.target()).unwrap()
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

#[test]
fn a_file_is_fetched_whole_and_uncompressed() {
    let (download, file) = (Download::new(), parquet());
    let server = serve(vec![whole(&file)]);
    assert_eq!(download.fetch(&server.url).unwrap(), file.len() as u64);
    assert_eq!(download.content(), file);
    assert_eq!(download.names(), ["file.parquet"]);
    assert_eq!(server.headers("accept-encoding"), [Some("identity".to_owned())]);
}

#[test]
fn a_cut_connection_is_resumed_where_it_broke_off() {
    let (download, file) = (Download::new(), parquet());
    let server = serve(vec![cut(&file, 3000), rest(&file, 3000, "\"v1\"")]);
    download.fetch(&server.url).unwrap();
    assert_eq!(download.content(), file);
    assert_eq!(server.headers("range"), [None, Some("bytes=3000-".to_owned())]);
}

#[test]
fn a_later_run_resumes_what_an_earlier_one_left() {
    let (download, file) = (Download::new(), parquet());
    let server = serve(vec![cut(&file, 3000)]);
    assert!(matches!(download.fetch(&server.url), Err(FetchError::Unreachable { .. })));
    assert_eq!(download.names(), ["file.parquet.part", "file.parquet.part.json"]);
    let server = serve(vec![rest(&file, 3000, "\"v1\"")]);
    download.fetch(&server.url).unwrap();
    assert_eq!(download.content(), file);
    assert_eq!(server.headers("if-range"), [Some("\"v1\"".to_owned())]);
}

#[test]
fn a_server_without_ranges_is_asked_for_everything_again() {
    let (download, file) = (Download::new(), parquet());
    let server = serve(vec![cut(&file, 3000), whole(&file)]);
    download.fetch(&server.url).unwrap();
    assert_eq!(download.content(), file);
}

#[test]
fn parts_of_two_versions_are_never_joined() {
    let (download, file) = (Download::new(), parquet());
    let server = serve(vec![cut(&file, 3000), rest(&file, 3000, "\"v2\""), whole(&file)]);
    download.fetch(&server.url).unwrap();
    assert_eq!(download.content(), file);
    assert_eq!(server.headers("range"), [None, Some("bytes=3000-".to_owned()), None]);
}

#[test]
fn a_file_that_does_not_exist_is_not_asked_for_twice() {
    let download = Download::new();
    let server = serve(vec![reply("404 Not Found", "Content-Length: 0\r\n", b"")]);
    assert!(matches!(download.fetch(&server.url), Err(FetchError::NotFound)));
    assert_eq!(download.names(), [] as [&str; 0]);
}

#[test]
fn a_server_in_trouble_is_asked_again_after_growing_pauses_and_not_for_ever() {
    let download = Download::new();
    let trouble = || reply("503 Service Unavailable", "Content-Length: 0\r\n", b"");
    let server = serve((0..5).map(|_| trouble()).collect());
    assert!(matches!(download.fetch(&server.url), Err(FetchError::Refused(503))));
    let millis: Vec<u128> = download.pauses.borrow().iter().map(Duration::as_millis).collect();
    assert_eq!(millis, [500, 1000, 2000, 4000]);
}

#[test]
fn an_answer_that_always_ends_early_is_given_up() {
    let (download, file) = (Download::new(), parquet());
    let mut replies = vec![cut(&file, 3000)];
    replies.extend((0..5).map(|_| {
        let headers = format!("Content-Range: bytes 3000-{}/{}\r\nETag: \"v1\"\r\n", file.len() - 1, file.len());
        reply("206 Partial Content", &headers, b"")
    }));
    let server = serve(replies);
    assert!(matches!(download.fetch(&server.url), Err(FetchError::Interrupted { have: 3000, .. })));
}

#[test]
fn a_file_shorter_than_parquet_promises_is_refused_and_removed() {
    let (download, file) = (Download::new(), parquet());
    let half = &file[..file.len() / 2];
    let server = serve(vec![whole(half)]);
    assert!(matches!(download.fetch(&server.url), Err(FetchError::NotTheFile { .. })));
    assert_eq!(download.names(), [] as [&str; 0]);
}

#[test]
fn a_page_in_the_place_of_the_file_is_refused() {
    let download = Download::new();
    let server = serve(vec![whole(b"<html>please log in to the network</html>")]);
    assert!(matches!(download.fetch(&server.url), Err(FetchError::NotTheFile { .. })));
}

#[test]
fn a_part_that_is_longer_than_the_file_is_thrown_away() {
    let (download, file) = (Download::new(), parquet());
    let version = Version::new(Some("\"v1\""), None, Some(file.len() as u64));
    std::fs::write(download.folder.path().join("file.parquet.part"), [file.clone(), b"more".to_vec()].concat())
        .unwrap();
    std::fs::write(download.folder.path().join("file.parquet.part.json"), serde_json::to_vec(&version).unwrap())
        .unwrap();
    let server = serve(vec![reply("416 Range Not Satisfiable", "Content-Length: 0\r\n", b""), whole(&file)]);
    download.fetch(&server.url).unwrap();
    assert_eq!(download.content(), file);
}

#[test]
fn without_a_server_the_error_says_so() {
    let download = Download::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/file.parquet", listener.local_addr().unwrap());
    drop(listener);
    assert!(matches!(download.fetch(&url), Err(FetchError::Unreachable { .. })));
    assert_eq!(download.pauses.borrow().len(), 4);
}

#[test]
fn a_folder_that_cannot_be_written_to_is_named() {
    let (download, file) = (Download::new(), parquet());
    let server = serve(vec![whole(&file)]);
    let target = download.folder.path().join("missing").join("file.parquet");
    let sleep = |_| ();
    let error = Fetcher::new(None, &sleep).fetch(&server.url, &target, &|_, _| ()).unwrap_err();
    assert!(matches!(&error, FetchError::Disk { path, .. } if path.starts_with(download.folder.path())), "{error}");
}
