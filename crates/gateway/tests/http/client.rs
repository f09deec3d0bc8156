//! HTTP as it is on the wire, so that tests can also say it wrongly.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A small PDF: a header is all that the door looks at.
pub(crate) const PDF: &[u8] = b"%PDF-1.7\n%%EOF\n";

/// Where documents go.
pub(crate) const UPLOAD: &str = "/api/v1/process-invoice";

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").expect("an answer has a head");
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self { status, head, body: bytes[end + 4..].to_vec() }
    }

    /// A header; names in any case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    /// Everything that the client sees, without what differs from answer to answer by nature.
    pub(crate) fn seen(&self) -> (u16, Vec<String>, String) {
        let differs = |line: &&str| {
            let line = line.to_ascii_lowercase();
            !["x-request-id:", "date:", "ratelimit:"].iter().any(|name| line.starts_with(name))
        };
        let headers = self.head.lines().filter(differs).map(str::to_owned).collect();
        (self.status, headers, self.text().to_owned())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.head))
    }

    /// The code of a problem, after a look at everything that each problem has.
    pub(crate) fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let problem = self.json();
        let code = problem["code"].as_str().unwrap().to_owned();
        assert_eq!(problem["status"], self.status);
        assert_eq!(problem["type"], format!("/docs/errors#{code}"));
        assert!(!problem["title"].as_str().unwrap().is_empty());
        assert!(!problem["detail"].as_str().unwrap().is_empty());
        assert_eq!(self.header("x-content-type-options"), Some("nosniff"));
        assert!(self.header("x-request-id").is_some());
        code
    }
}

/// Sends `head` (request line and headers, without the last empty line) and `body` as they are.
pub(crate) async fn raw(address: SocketAddr, head: &str, body: &[u8]) -> Answer {
    let mut stream = begin(address, head).await;
    // The server may have answered and closed before everything was sent.
    let _sent = stream.write_all(body).await;
    finish(stream).await
}

/// Opens a connection and sends a head.
pub(crate) async fn begin(address: SocketAddr, head: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!("{head}\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// Reads the answer.
pub(crate) async fn finish(mut stream: TcpStream) -> Answer {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    Answer::parse(&bytes)
}

pub(crate) async fn get(address: SocketAddr, path: &str) -> Answer {
    raw(address, &format!("GET {path} HTTP/1.1"), b"").await
}

/// Sends a request without a body that shows `key`.
pub(crate) async fn ask_as(address: SocketAddr, method: &str, path: &str, key: &str) -> Answer {
    raw(address, &format!("{method} {path} HTTP/1.1\r\nX-API-Key: {key}"), b"").await
}

pub(crate) async fn get_as(address: SocketAddr, path: &str, key: &str) -> Answer {
    ask_as(address, "GET", path, key).await
}

/// Uploads `body` as a PDF, showing `key`.
pub(crate) async fn post_as(address: SocketAddr, key: &str, body: &[u8]) -> Answer {
    let length = body.len();
    let head = format!(
        "POST {UPLOAD} HTTP/1.1\r\nContent-Type: application/pdf\r\nContent-Length: {length}\r\n\
         Authorization: Bearer {key}"
    );
    raw(address, &head, body).await
}

pub(crate) async fn delete(address: SocketAddr, path: &str) -> Answer {
    send(address, "DELETE", path).await
}

/// Sends a request without a body.
pub(crate) async fn send(address: SocketAddr, method: &str, path: &str) -> Answer {
    raw(address, &format!("{method} {path} HTTP/1.1\r\nContent-Length: 0"), b"").await
}

/// Uploads `body` by itself.
pub(crate) async fn post(address: SocketAddr, media_type: &str, body: &[u8]) -> Answer {
    post_to(address, UPLOAD, media_type, body).await
}

pub(crate) async fn post_to(
    address: SocketAddr,
    path: &str,
    media_type: &str,
    body: &[u8],
) -> Answer {
    let length = body.len();
    let head =
        format!("POST {path} HTTP/1.1\r\nContent-Type: {media_type}\r\nContent-Length: {length}");
    raw(address, &head, body).await
}

/// Uploads `body` in a form, in `field`, as `filename`.
pub(crate) async fn post_form(
    address: SocketAddr,
    field: &str,
    filename: &str,
    body: &[u8],
) -> Answer {
    let mut form = format!(
        "--xYz\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nnothing\r\n--xYz\r\n\
         Content-Disposition: form-data; name=\"{field}\"; filename=\"{filename}\"\r\n\
         Content-Type: text/html\r\n\r\n"
    )
    .into_bytes();
    form.extend_from_slice(body);
    form.extend_from_slice(b"\r\n--xYz--\r\n");
    post(address, "multipart/form-data; boundary=xYz", &form).await
}

/// Frames `chunks` as a body of unknown length.
pub(crate) fn chunked(chunks: &[&[u8]]) -> Vec<u8> {
    let mut framed = Vec::new();
    for chunk in chunks {
        framed.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        framed.extend_from_slice(chunk);
        framed.extend_from_slice(b"\r\n");
    }
    framed.extend_from_slice(b"0\r\n\r\n");
    framed
}

/// The head of a PNG of this size, in pixels.
pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend([8, 0, 0, 0, 0, 0, 0, 0, 0]);
    bytes
}
