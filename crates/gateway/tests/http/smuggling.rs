//! Requests that two servers could read differently are refused, and nothing hidden in them is
//! answered.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::world::World;

/// What a client would hide: a path that the answers would show, were it asked for.
const HIDDEN: &str = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";

/// Sends `bytes` as they are; the statuses of all answers until the server closes the connection,
/// which it has to do in time.
async fn statuses(world: &World, bytes: &str) -> Vec<u16> {
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    stream.write_all(bytes.as_bytes()).await.unwrap();
    let mut answers = Vec::new();
    // A reset after the answer is an end, too.
    let reading = stream.read_to_end(&mut answers);
    let _end = tokio::time::timeout(Duration::from_secs(20), reading).await.expect("closed");
    let text = String::from_utf8_lossy(&answers).into_owned();
    let lines = text.split("HTTP/1.1 ").skip(1);
    lines.map(|line| line.get(..3).unwrap().parse().unwrap()).collect()
}

fn upload(headers: &str, body: &str) -> String {
    format!("POST /health HTTP/1.1\r\nHost: a\r\n{headers}\r\n{body}{HIDDEN}")
}

#[tokio::test]
async fn ambiguous_requests_are_refused_and_close_the_connection() {
    let world = World::start().await;
    for (what, bytes) in [
        ("both", upload("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")),
        (
            "both, turned",
            upload("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"),
        ),
        ("two lengths", upload("Content-Length: 0\r\nContent-Length: 5\r\n", "")),
        ("equal lengths", upload("Content-Length: 0\r\nContent-Length: 0\r\n", "")),
        ("a list", upload("Content-Length: 0, 5\r\n", "")),
        ("a sign", upload("Content-Length: +0\r\n", "")),
        ("hexadecimal", upload("Content-Length: 0x0\r\n", "")),
        ("another encoding", upload("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n")),
        ("two encodings", upload("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n")),
        (
            "chunked twice",
            upload("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", ""),
        ),
        ("obs-fold", upload("X: a\r\n Content-Length: 5\r\n", "")),
        ("folded encoding", upload("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n")),
        ("blank before colon", upload("Content-Length : 5\r\n", "abcde")),
        ("bare LF", upload("X: a\nContent-Length: 5\r\n", "")),
        ("bare CR", upload("X: a\rContent-Length: 5\r\n", "")),
        ("no name", upload(": 5\r\n", "")),
        ("two hosts", upload("Host: b\r\n", "")),
        ("NUL", upload("X: a\0b\r\n", "")),
        (
            "chunked in 1.0",
            format!("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{HIDDEN}"),
        ),
        ("LF only", "GET /health HTTP/1.1\nHost: a\n\n".to_owned()),
        ("TLS without it", "\x16\x03\x01\x02\r\n\r\n".to_owned()),
    ] {
        assert_eq!(statuses(&world, &bytes).await, [400], "{what}");
    }
    let http2 = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let answers = statuses(&world, http2).await;
    assert!(!answers.contains(&200), "HTTP/2 comes with TLS only: {answers:?}");
    // What came before is answered first.
    let (good, bad) =
        ("GET /health HTTP/1.1\r\nHost: a\r\n\r\n", upload("Content-Length : 5\r\n", ""));
    assert_eq!(statuses(&world, &format!("{good}{good}{bad}")).await, [200, 200, 400]);
}

#[tokio::test]
async fn nothing_behind_a_chunked_body_is_read() {
    let world = World::start().await;
    let plain = upload("Transfer-Encoding: chunked\r\n", "1\r\na\r\n0\r\n\r\n");
    assert_eq!(statuses(&world, &plain).await, [405], "the hidden one is not answered");
    let size = upload("Transfer-Encoding: chunked\r\n", "1 \r\na\r\n-1\r\n\r\n");
    assert_eq!(statuses(&world, &size).await, [405]);
    let extension = format!("1;{}\r\na\r\n0\r\n\r\n", "x".repeat(100_000));
    let pdf =
        "POST /api/v1/process-invoice HTTP/1.1\r\nHost: a\r\nContent-Type: application/pdf\r\n";
    let huge = format!("{pdf}Transfer-Encoding: chunked\r\n\r\n{extension}{HIDDEN}");
    assert_eq!(statuses(&world, &huge).await, [400]);
    assert_eq!(world.stored().await, [0, 0, 0]);
}

#[tokio::test]
async fn targets_of_other_forms_lead_nowhere_else() {
    let world = World::start().await;
    let asked = async |target: &str, method: &str| {
        let head = format!("{method} {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        statuses(&world, &head).await
    };
    // Servers have to take the absolute form (RFC 9112, 3.2.2); there is one host here, so it means
    // the path.
    assert_eq!(asked("http://other.example/health", "GET").await, [200]);
    assert_eq!(asked("http://other.example/hidden", "GET").await, [404]);
    assert_ne!(asked("other.example:443", "CONNECT").await, [200]);
    assert_ne!(asked("*", "OPTIONS").await, [200]);
    assert_eq!(asked("/api/v1/../../health", "GET").await, [404], "no path is tidied up");
    assert_eq!(asked("//health", "GET").await, [404]);
}
