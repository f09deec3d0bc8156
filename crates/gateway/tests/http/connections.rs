//! How many connections there may be, and how long one may take for what.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{Answer, PDF, UPLOAD, begin, finish, get, post, raw};
use crate::world::World;

/// Longest wait for what should happen at once; never what is measured.
const PATIENCE: Duration = Duration::from_secs(20);

async fn silent(world: &World, count: usize) -> Vec<TcpStream> {
    let mut streams = Vec::new();
    for _ in 0..count {
        let mut stream = TcpStream::connect(world.address).await.unwrap();
        // Half a head, as slowloris leaves it.
        stream.write_all(b"GET /health HTTP/1.1\r\nX: ").await.unwrap();
        streams.push(stream);
    }
    streams
}

/// Waits until the server ends the connection; what it said before.
async fn ended(mut stream: TcpStream) -> Vec<u8> {
    let mut said = Vec::new();
    // A reset is an end, too.
    let reading = stream.read_to_end(&mut said);
    let _end = tokio::time::timeout(PATIENCE, reading).await.expect("the server ends it");
    said
}

/// A request on a connection that stays open; `None` when the server closed it.
async fn ask(stream: &mut TcpStream, path: &str) -> Option<u16> {
    let head = format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
    stream.write_all(head.as_bytes()).await.ok()?;
    let mut answer = vec![0; 4096];
    let count = stream.read(&mut answer).await.ok()?;
    let text = String::from_utf8_lossy(&answer[..count]).into_owned();
    text.split(' ').nth(1)?.parse().ok()
}

#[tokio::test]
async fn health_is_answered_while_hundreds_do_not_finish_their_heads() {
    let world = World::with(|config| {
        config.gateway.connections.max_per_peer = 200;
        config.gateway.connections.head_timeout_seconds = 600;
    })
    .await;
    let held = silent(&world, 500).await;
    for _ in 0..20 {
        assert_eq!(get(world.address, "/health").await.json()["status"], "ok");
    }
    let refused = get(world.address, "/metrics").await;
    assert_eq!(refused.status, 503);
    assert_eq!(refused.json()["code"], "too_many_connections");
    assert!(refused.header("retry-after").is_some());
    // The first ones have their places still, the others were turned away.
    let mut held = held.into_iter();
    let mut first = held.next().unwrap();
    first.write_all(b"y\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
    assert_eq!(finish(first).await.status, 200);
    let last = held.next_back().unwrap();
    ended(last).await;
}

#[tokio::test]
async fn a_place_is_free_again_when_its_connection_ends() {
    let world = World::with(|config| config.gateway.connections.max = 3).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut stream = TcpStream::connect(world.address).await.unwrap();
        assert_eq!(ask(&mut stream, "/ready").await, Some(200));
        held.push(stream);
    }
    let refused = get(world.address, "/ready").await;
    assert_eq!(
        (refused.status, refused.json()["code"].as_str()),
        (503, Some("too_many_connections"))
    );
    assert_eq!(ask(&mut held[2], "/ready").await, Some(200), "who is in may go on");
    held.pop();
    let free = async {
        while get(world.address, "/ready").await.status != 200 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, free).await.expect("a place is free");
    let metrics = get(world.address, "/metrics").await;
    let counted = "invoice_ocr_http_connections_refused_total{reason=\"full\"}";
    assert!(metrics.text().contains(counted), "{}", metrics.text());
}

#[tokio::test]
async fn a_head_that_does_not_come_ends_the_connection() {
    let world = World::with(|config| config.gateway.connections.head_timeout_seconds = 1).await;
    let nothing = TcpStream::connect(world.address).await.unwrap();
    assert!(ended(nothing).await.is_empty());
    let mut trickle = TcpStream::connect(world.address).await.unwrap();
    let (mut reading, mut writing) = trickle.split();
    let drip = async {
        // Never silent for long, never at an end.
        while writing.write_all(b"GET / HTTP/1.1\r\nX: ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let mut said = Vec::new();
    tokio::select! {
        () = drip => {}
        _end = reading.read_to_end(&mut said) => {}
        () = tokio::time::sleep(PATIENCE) => panic!("it goes on for ever"),
    }
    assert!(!said.starts_with(b"HTTP/1.1 200"));
}

#[tokio::test]
async fn a_connection_is_kept_between_requests_for_as_long_as_configured() {
    let world = World::with(|config| {
        config.gateway.connections.head_timeout_seconds = 1;
        config.gateway.connections.idle_timeout_seconds = 4;
    })
    .await;
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    assert_eq!(ask(&mut stream, "/health").await, Some(200));
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(ask(&mut stream, "/health").await, Some(200), "longer than a head may take");
    let begun = Instant::now();
    ended(stream).await;
    assert!(begun.elapsed() > Duration::from_secs(2), "idle is not slow");
}

#[tokio::test]
async fn a_slow_body_is_answered_with_408() {
    let world = World::with(|config| config.gateway.upload_timeout_seconds = 1).await;
    let head = format!(
        "POST {UPLOAD} HTTP/1.1\r\nContent-Type: application/pdf\r\nTransfer-Encoding: chunked"
    );
    let mut slow = begin(world.address, &head).await;
    slow.write_all(b"5\r\n%PDF-\r\n").await.unwrap();
    let answer = finish(slow).await;
    assert_eq!((answer.status, answer.problem().as_str()), (408, "upload_timeout"));
}

#[tokio::test]
async fn a_body_that_nobody_asked_for_holds_nothing_up() {
    let world = World::start().await;
    let head = "GET /health HTTP/1.1\r\nContent-Length: 1000000";
    let answer = tokio::time::timeout(PATIENCE, raw(world.address, head, b"x")).await;
    assert_eq!(answer.expect("answered at once").status, 200);
}

#[tokio::test]
async fn heads_that_are_too_large_are_431() {
    let world = World::start().await;
    let long = "x".repeat(20_000);
    let many: String = (0..200).map(|n| format!("X-{n}: y\r\n")).collect();
    for head in [
        format!("GET /health HTTP/1.1\r\nX-Long: {long}"),
        format!("GET /health HTTP/1.1\r\n{many}Z: z"),
        format!("GET /health?{long} HTTP/1.1"),
    ] {
        let answer = raw(world.address, &head, b"").await;
        assert!([414, 431].contains(&answer.status), "{answer:?}");
    }
    let fair = "x".repeat(12_000);
    let head = format!("GET /health HTTP/1.1\r\nX-Long: {fair}");
    assert_eq!(raw(world.address, &head, b"").await.status, 200);
}

#[tokio::test]
async fn connections_are_used_again_also_after_an_upload() {
    let world = World::start().await;
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    let head = format!(
        "POST {UPLOAD} HTTP/1.1\r\nHost: a\r\nContent-Type: application/pdf\r\nContent-Length: {}\r\n\r\n",
        PDF.len()
    );
    for expected in [202, 200] {
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(PDF).await.unwrap();
        let mut answer = vec![0; 4096];
        let count = stream.read(&mut answer).await.unwrap();
        assert_eq!(Answer::parse(&answer[..count]).status, expected);
    }
    assert_eq!(ask(&mut stream, "/health").await, Some(200));
}

#[tokio::test]
async fn stopping_ends_idle_and_silent_connections_at_once() {
    let world = World::start().await;
    let mut idle = TcpStream::connect(world.address).await.unwrap();
    assert_eq!(ask(&mut idle, "/health").await, Some(200));
    assert_eq!(post(world.address, "application/pdf", PDF).await.status, 202);
    world.stop.cancel();
    ended(idle).await;
    tokio::time::timeout(PATIENCE, world.serving).await.expect("ended").unwrap();
}
