//! The socket's other end, for commands.

use std::path::{Path, PathBuf};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request, Response, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;
use tokio::task::JoinSet;

use super::wire::{
    AppendAnswer, ForgetAnswer, LetterPlace, Position, ProducerAnswer, ReadAnswer, RedriveAnswer, RefusalBody, Status,
    TailLine,
};
use crate::instance::Holder;
use crate::log::{ProducerId, RecordBatch, Sequence};

#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No process owns the folder, or it does not answer.
    #[error("no server answers at `{}`", .socket.display())]
    Unreachable { socket: PathBuf, source: std::io::Error },
    #[error("the connection to the server broke")]
    Broken(#[source] hyper::Error),
    /// The server understood and did not do it; `code` is stable.
    #[error("{message}")]
    Refused { code: String, message: String },
    #[error("the server's answer cannot be read")]
    Answer(#[source] serde_json::Error),
    #[error("the request is no URI")]
    Uri(#[from] hyper::http::Error),
}

/// A connection to the process that owns a `.clutch` folder.
#[derive(Debug)]
pub struct Client {
    requests: SendRequest<Full<Bytes>>,
    /// Moves the connection's bytes; ends with the client.
    _connection: JoinSet<()>,
}

impl Client {
    /// Connects to whoever owns `state_dir`; `Unreachable` if nobody does.
    pub async fn connect(state_dir: &Path) -> Result<Client, ClientError> {
        let socket = Holder::read(state_dir).map_or_else(|| state_dir.join("admin.sock"), |holder| holder.socket);
        let stream =
            UnixStream::connect(&socket).await.map_err(|source| ClientError::Unreachable { socket, source })?;
        let (requests, connection) = handshake(TokioIo::new(stream)).await.map_err(ClientError::Broken)?;
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "the connection to the server ended");
            }
        });
        Ok(Client { requests, _connection: tasks })
    }

    /// With `states` the server reads every state to count and hash them.
    pub async fn status(&mut self, states: bool) -> Result<Status, ClientError> {
        self.get(&format!("/status?states={states}")).await
    }

    /// The number of a producer's last append that is in the log.
    pub async fn last_sequence(&mut self, producer: ProducerId) -> Result<u64, ClientError> {
        let answer: ProducerAnswer = self.get(&format!("/producers/{}", hex(producer))).await?;
        Ok(answer.last_sequence)
    }

    /// Takes a unit's predictions away that wait for the tables; how many.
    pub async fn forget(&mut self, unit: &str) -> Result<u64, ClientError> {
        let path = format!("/forget?unit={}", escaped(unit));
        let response = self.send(Method::POST, &path, Bytes::new()).await?;
        let answer: ForgetAnswer = parse(response).await?;
        Ok(answer.predictions)
    }

    /// Appends keyed records, each to its key's partition. Sent again with the same sequence it adds nothing.
    pub async fn append(
        &mut self,
        topic: &str,
        sequence: Sequence,
        records: &RecordBatch,
    ) -> Result<AppendAnswer, ClientError> {
        let Sequence { producer, number } = sequence;
        let path = format!("/topics/{}/records?producer={}&sequence={number}", escaped(topic), hex(producer));
        let response = self.send(Method::POST, &path, records.to_wire().into()).await?;
        parse(response).await
    }

    pub async fn read(
        &mut self,
        topic: &str,
        partition: u32,
        from: u64,
        limit: usize,
    ) -> Result<ReadAnswer, ClientError> {
        let topic = escaped(topic);
        self.get(&format!("/topics/{topic}/records?partition={partition}&from={from}&limit={limit}")).await
    }

    /// Gives dead letters of a stream back to it, each once.
    pub async fn redrive(&mut self, stream: &str, letters: &[LetterPlace]) -> Result<RedriveAnswer, ClientError> {
        let body = serde_json::to_vec(letters).map_err(ClientError::Answer)?;
        let response = self.send(Method::POST, &format!("/streams/{}/redrive", escaped(stream)), body.into()).await?;
        parse(response).await
    }

    /// Follows a topic; uses the connection up.
    pub async fn tail(mut self, topic: &str, from: Position) -> Result<Tail, ClientError> {
        let from = match from {
            Position::Start => "start",
            Position::End => "end",
        };
        let path = format!("/topics/{}/tail?from={from}", escaped(topic));
        let response = self.send(Method::GET, &path, Bytes::new()).await?;
        Ok(Tail { body: response.into_body(), pending: Vec::new(), read: 0, _client: self })
    }

    async fn get<T: DeserializeOwned>(&mut self, path: &str) -> Result<T, ClientError> {
        let response = self.send(Method::GET, path, Bytes::new()).await?;
        parse(response).await
    }

    async fn send(&mut self, method: Method, path: &str, body: Bytes) -> Result<Response<Incoming>, ClientError> {
        let uri: Uri = path.parse().map_err(hyper::http::Error::from)?;
        let request = Request::builder().method(method).uri(uri).header("host", "clutch").body(Full::new(body))?;
        self.requests.ready().await.map_err(ClientError::Broken)?;
        let response = self.requests.send_request(request).await.map_err(ClientError::Broken)?;
        if response.status() == StatusCode::OK {
            return Ok(response);
        }
        let status = response.status();
        let bytes = response.into_body().collect().await.map_err(ClientError::Broken)?.to_bytes();
        let refusal = serde_json::from_slice(&bytes).unwrap_or_else(|_| RefusalBody {
            code: status.as_u16().to_string(),
            message: format!("the server answered {status}"),
        });
        Err(ClientError::Refused { code: refusal.code, message: refusal.message })
    }
}

/// Lines of a followed topic.
#[derive(Debug)]
pub struct Tail {
    body: Incoming,
    pending: Vec<u8>,
    /// How much of `pending` has been handed out.
    read: usize,
    _client: Client,
}

impl Tail {
    /// The next line; `None` once the server has ended.
    pub async fn next(&mut self) -> Result<Option<TailLine>, ClientError> {
        loop {
            if let Some(length) = self.pending[self.read..].iter().position(|byte| *byte == b'\n') {
                let line = &self.pending[self.read..self.read + length];
                let line = TailLine::parse(line).map_err(ClientError::Answer)?;
                self.read += length + 1;
                return Ok(Some(line));
            }
            self.pending.drain(..self.read);
            self.read = 0;
            match self.body.frame().await {
                None => return Ok(None),
                Some(frame) => {
                    if let Some(data) = frame.map_err(ClientError::Broken)?.data_ref() {
                        self.pending.extend_from_slice(data);
                    }
                }
            }
        }
    }
}

async fn parse<T: DeserializeOwned>(response: Response<Incoming>) -> Result<T, ClientError> {
    let bytes = response.into_body().collect().await.map_err(ClientError::Broken)?.to_bytes();
    serde_json::from_slice(&bytes).map_err(ClientError::Answer)
}

fn hex(producer: ProducerId) -> String {
    format!("{:032x}", u128::from_be_bytes(producer.0))
}

/// A topic's name as one segment of a path.
fn escaped(topic: &str) -> String {
    let mut path = String::with_capacity(topic.len());
    for byte in topic.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            path.push(char::from(byte));
        } else {
            path.push_str(&format!("%{byte:02X}"));
        }
    }
    path
}
