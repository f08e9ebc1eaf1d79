//! Real sockets: requests are answered, and those in flight at shutdown too.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::http::{Limits, serve_connections};

const REQUEST: &[u8] = b"GET /slow HTTP/1.1\r\nhost: test\r\n\r\n";

async fn text(mut client: TcpStream) -> String {
    let mut text = String::new();
    client.read_to_string(&mut text).await.expect("answer");
    text
}

/// A router whose one route says that it was entered, then answers when it is told to, or never.
fn slow(entered: oneshot::Sender<()>, go: oneshot::Receiver<()>) -> Router {
    let once = std::sync::Mutex::new(Some((entered, go)));
    let handler = move || {
        let taken = once.lock().expect("lock").take();
        async move {
            let (entered, go) = taken.expect("one request");
            entered.send(()).expect("the test waits");
            match go.await {
                Ok(()) => "done",
                Err(_) => std::future::pending().await,
            }
        }
    };
    let handler = std::sync::Arc::new(handler);
    Router::new().route("/slow", get(move || handler()))
}

#[tokio::test]
async fn a_request_in_flight_at_shutdown_is_still_answered() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let address = listener.local_addr().expect("address");
    let (entered, was_entered) = oneshot::channel();
    let (go, told_to_go) = oneshot::channel();
    let shutdown = CancellationToken::new();
    let server = serve_connections(listener, slow(entered, told_to_go), Limits::default(), shutdown.clone());
    let client = async {
        let mut client = TcpStream::connect(address).await.expect("connect");
        client.write_all(REQUEST).await.expect("send");
        was_entered.await.expect("entered");
        shutdown.cancel();
        go.send(()).expect("the handler waits");
        let answer = text(client).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("done"), "{answer}");
    };
    tokio::join!(server, client);
    assert!(TcpStream::connect(address).await.is_err(), "the listener is closed");
}

#[tokio::test]
async fn what_does_not_end_in_time_is_cut_off() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let address = listener.local_addr().expect("address");
    let (entered, was_entered) = oneshot::channel();
    let (never, told_to_go) = oneshot::channel();
    let shutdown = CancellationToken::new();
    let limits = Limits { drain: Duration::ZERO, ..Limits::default() };
    let server = serve_connections(listener, slow(entered, told_to_go), limits, shutdown.clone());
    let client = async {
        let mut client = TcpStream::connect(address).await.expect("connect");
        client.write_all(REQUEST).await.expect("send");
        was_entered.await.expect("entered");
        drop(never);
        shutdown.cancel();
        assert_eq!(text(client).await, "");
    };
    tokio::join!(server, client);
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_up_shutdown() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let address = listener.local_addr().expect("address");
    let shutdown = CancellationToken::new();
    let router = Router::new().route("/", get(|| async { "here" }));
    let server = serve_connections(listener, router, Limits::default(), shutdown.clone());
    let client = async {
        let mut client = TcpStream::connect(address).await.expect("connect");
        client.write_all(b"GET / HTTP/1.1\r\nhost: test\r\n\r\n").await.expect("send");
        let mut answer = [0; 12];
        client.read_exact(&mut answer).await.expect("answer");
        assert_eq!(&answer, b"HTTP/1.1 200");
        shutdown.cancel();
        text(client).await;
    };
    tokio::join!(server, client);
}
