//! Reads an event stream as it is on the wire.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::client::{Answer, begin};

/// Longest wait for what should come at once; never what is measured.
const PATIENCE: Duration = Duration::from_secs(20);

/// One event.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Told {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) data: Value,
    pub(crate) retry: Option<u64>,
}

impl Told {
    /// From the lines of one event; comments are skipped.
    pub(crate) fn parse(block: &str) -> Self {
        let mut told = Self::default();
        for line in block.lines() {
            match line.split_once(": ") {
                Some(("event", name)) => name.clone_into(&mut told.name),
                Some(("id", id)) => id.clone_into(&mut told.id),
                Some(("data", data)) => told.data = serde_json::from_str(data).unwrap(),
                Some(("retry", retry)) => told.retry = Some(retry.parse().unwrap()),
                _ => assert!(line.starts_with(':'), "{line}"),
            }
        }
        told
    }
}

/// An open stream.
pub(crate) struct Reader {
    stream: TcpStream,
    pub(crate) answer: Answer,
    raw: Vec<u8>,
    text: String,
    ended: bool,
}

impl Reader {
    /// Asks for `path` with more `headers` (each with its line end before it).
    pub(crate) async fn open(address: SocketAddr, path: &str, headers: &str) -> Self {
        let mut stream = begin(address, &format!("GET {path} HTTP/1.1{headers}")).await;
        let mut raw = Vec::new();
        while !raw.windows(4).any(|window| window == b"\r\n\r\n") {
            assert!(more(&mut stream, &mut raw).await, "an answer has a head");
        }
        let answer = Answer::parse(&raw);
        let raw = answer.body.clone();
        Self { stream, answer, raw, text: String::new(), ended: false }
    }

    /// The next event that says something; `None` at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<Told> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (told, rest) = (Told::parse(block), rest.to_owned());
                self.text = rest;
                if told != Told::default() {
                    return Some(told);
                }
            } else if self.ended || !self.read().await {
                return None;
            }
        }
    }

    /// Takes the next chunk; whether there was one.
    async fn read(&mut self) -> bool {
        loop {
            if let Some(end) = self.raw.windows(2).position(|window| window == b"\r\n") {
                let size = std::str::from_utf8(&self.raw[..end]).unwrap();
                let size = usize::from_str_radix(size, 16).unwrap();
                let begin = end + 2;
                if self.raw.len() >= begin + size + 2 {
                    let chunk = self.raw[begin..begin + size].to_vec();
                    self.raw.drain(..begin + size + 2);
                    self.text.push_str(&String::from_utf8(chunk).unwrap());
                    self.ended = size == 0;
                    return !self.ended;
                }
            }
            assert!(more(&mut self.stream, &mut self.raw).await, "cut off, not ended");
        }
    }
}

async fn more(stream: &mut TcpStream, to: &mut Vec<u8>) -> bool {
    let read = timeout(PATIENCE, stream.read_buf(to)).await.expect("something comes");
    read.unwrap() > 0
}
