//! A closed-loop load generator: each connection sends its next request when it has the answer to the last. It writes
//! ready-made bytes and looks no further into an answer than its status and length, so that little of the machine goes
//! to it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// What one round has seen.
pub(crate) struct Round {
    /// Sorted.
    latencies: Vec<Duration>,
    elapsed: Duration,
}

impl Round {
    pub(crate) fn requests(&self) -> usize {
        self.latencies.len()
    }

    pub(crate) fn per_second(&self) -> f64 {
        self.latencies.len() as f64 / self.elapsed.as_secs_f64()
    }

    /// `share` of the requests took no longer.
    pub(crate) fn quantile(&self, share: f64) -> Duration {
        let last = self.latencies.len().saturating_sub(1);
        self.latencies.get((last as f64 * share) as usize).copied().unwrap_or_default()
    }
}

/// The bytes of a POST of JSON.
pub(crate) fn post(path: &str, body: &str) -> Vec<u8> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body.as_bytes()].concat()
}

/// Sends `request` over `connections` for `duration`. Every answer must be a 200.
pub(crate) fn round(address: SocketAddr, request: &[u8], connections: usize, duration: Duration) -> Round {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
    runtime.block_on(async {
        let start = Instant::now();
        let mut clients = JoinSet::new();
        for _ in 0..connections {
            clients.spawn(client(address, request.to_vec(), start + duration));
        }
        let mut latencies: Vec<Duration> = clients.join_all().await.into_iter().flatten().collect();
        let elapsed = start.elapsed();
        latencies.sort_unstable();
        Round { latencies, elapsed }
    })
}

/// One request and its answer's body.
pub(crate) fn once(address: SocketAddr, request: &[u8]) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
    runtime.block_on(async {
        let mut connection = TcpStream::connect(address).await.expect("connect");
        connection.write_all(request).await.expect("send");
        let mut buffer = Vec::new();
        let body = answer(&mut connection, &mut buffer).await;
        String::from_utf8_lossy(&buffer[buffer.len() - body..]).into_owned()
    })
}

async fn client(address: SocketAddr, request: Vec<u8>, until: Instant) -> Vec<Duration> {
    let mut connection = TcpStream::connect(address).await.expect("connect");
    connection.set_nodelay(true).expect("no delay");
    let mut latencies = Vec::with_capacity(1 << 16);
    let mut buffer = Vec::with_capacity(4096);
    loop {
        let start = Instant::now();
        if until <= start {
            return latencies;
        }
        connection.write_all(&request).await.expect("send");
        answer(&mut connection, &mut buffer).await;
        assert!(buffer.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&buffer));
        latencies.push(start.elapsed());
    }
}

/// Reads one answer into `buffer`; returns the length of its body, which stands last.
async fn answer(connection: &mut TcpStream, buffer: &mut Vec<u8>) -> usize {
    buffer.clear();
    loop {
        assert!(connection.read_buf(buffer).await.expect("answer") > 0, "the server closed the connection");
        let Some(head) = buffer.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head_text = String::from_utf8_lossy(&buffer[..head]).to_ascii_lowercase();
        let length = head_text.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
        let length: usize = length.expect("a content length");
        while buffer.len() < head + 4 + length {
            assert!(connection.read_buf(buffer).await.expect("body") > 0, "the server closed the connection");
        }
        return length;
    }
}
