//! What is refused at the door, with which words, and that nothing of it is stored.

use serde_json::Value;

use crate::client::{Answer, PDF, UPLOAD, chunked, get, png, post, post_form, post_to, raw};
use crate::world::World;

/// Largest document of these tests, bytes.
const LIMIT: u64 = 1000;

async fn small() -> World {
    World::with(|config| config.gateway.max_upload_bytes = LIMIT).await
}

/// Status, code, limit and value.
fn told(answer: &Answer) -> (u16, String, Option<u64>, Option<u64>) {
    let (code, problem) = (answer.problem(), answer.json());
    let number = |name: &str| problem.get(name).and_then(Value::as_u64);
    (answer.status, code, number("limit"), number("value"))
}

fn refused(status: u16, code: &str) -> (u16, String, Option<u64>, Option<u64>) {
    (status, code.to_owned(), None, None)
}

#[tokio::test]
async fn a_document_over_the_limit_is_refused_with_limit_and_value() {
    let world = small().await;
    let mut document = PDF.to_vec();
    document.resize(1001, b' ');
    let code = || "document_too_large".to_owned();

    let answer = post(world.address, "application/pdf", &document).await;
    assert_eq!(told(&answer), (413, code(), Some(LIMIT), Some(1001)));
    let answer = post_form(world.address, "file", "a.pdf", &document).await;
    assert_eq!(told(&answer), (413, code(), Some(LIMIT), Some(1001)));

    // Declared far longer than it is: refused for the declaration alone, nothing is waited for.
    let head = format!(
        "POST {UPLOAD} HTTP/1.1\r\nContent-Type: application/pdf\r\n\
         Content-Length: 99999999999\r\nExpect: 100-continue"
    );
    let answer = raw(world.address, &head, b"").await;
    assert_eq!(told(&answer), (413, code(), Some(LIMIT), Some(99_999_999_999)));

    // Not declared at all: counted.
    let head = format!(
        "POST {UPLOAD} HTTP/1.1\r\nContent-Type: application/pdf\r\nTransfer-Encoding: chunked"
    );
    let answer = raw(world.address, &head, &chunked(&[&document, &document])).await;
    let (status, seen_code, limit, value) = told(&answer);
    assert_eq!((status, seen_code, limit), (413, code(), Some(LIMIT)));
    assert!(value.is_some_and(|value| value > LIMIT), "{value:?}");

    // Other fields count as well, beyond what a form needs.
    let long = vec![b'x'; 80_000];
    let answer = post_form(world.address, "other", "a.pdf", &long).await;
    assert_eq!(told(&answer).1, code());
    assert_eq!(world.stored().await, [0, 0, 0]);

    document.truncate(1000);
    assert_eq!(post(world.address, "application/pdf", &document).await.status, 202);
}

#[tokio::test]
async fn a_client_that_sends_everything_first_still_reads_the_answer() {
    let world = World::start().await;
    let mut document = PDF.to_vec();
    document.resize(26 * 1024 * 1024, b' ');
    for answer in [
        post(world.address, "application/pdf", &document).await,
        post(world.address, "text/plain", &document).await,
    ] {
        assert!([413, 415].contains(&answer.status));
        answer.problem();
    }
    assert_eq!(world.stored().await, [0, 0, 0]);
}

#[tokio::test]
async fn bytes_of_another_type_are_named_in_general_terms() {
    let world = small().await;
    for (bytes, seen) in [
        (&b"PK\x03\x04 secret"[..], "zip"),
        (b"<!doctype html><p>secret", "html"),
        (b"secret", "unknown"),
        (b"\n%PDF-1.4 secret", "pdf with other bytes before its header"),
    ] {
        let answer = post_form(world.address, "file", "invoice.pdf", bytes).await;
        assert_eq!(told(&answer), refused(415, "unsupported_media_type"));
        let detail = answer.json()["detail"].to_string();
        assert!(detail.contains(seen) && !detail.contains("secret"), "{detail}");
    }
    assert_eq!(world.stored().await, [0, 0, 0]);
}

#[tokio::test]
async fn an_empty_document_is_refused_however_it_comes() {
    let world = small().await;
    for answer in [
        post(world.address, "application/pdf", b"").await,
        post_form(world.address, "file", "a.pdf", b"").await,
        raw(world.address, &format!("POST {UPLOAD} HTTP/1.1\r\nContent-Type: image/png"), b"")
            .await,
    ] {
        assert_eq!(told(&answer), refused(422, "document_empty"));
    }
    assert_eq!(world.stored().await, [0, 0, 0]);
}

#[tokio::test]
async fn images_are_measured_before_they_are_stored() {
    let world = small().await;
    let answer = post(world.address, "image/png", &png(60_000, 60_000)).await;
    assert_eq!(told(&answer), (422, "page_too_large".into(), Some(20_000), Some(60_000)));
    let answer = post(world.address, "image/png", &png(10_000, 10_000)).await;
    let pixels = (Some(50_000_000), Some(100_000_000));
    assert_eq!(told(&answer), (422, "page_too_large".into(), pixels.0, pixels.1));
    for damaged in [&b"\xff\xd8\xff\xe0 nothing more"[..], b"\x89PNG\r\n\x1a\n"] {
        let answer = post(world.address, "image/jpeg", damaged).await;
        assert_eq!(told(&answer), refused(422, "image_damaged"));
    }
    assert_eq!(world.stored().await, [0, 0, 0]);
}

#[tokio::test]
async fn envelopes_that_cannot_be_opened_are_refused() {
    let world = small().await;
    let form = "multipart/form-data; boundary=b";
    for (answer, expected) in [
        (post_form(world.address, "invoice", "a.pdf", PDF).await, refused(422, "file_missing")),
        (post(world.address, form, b"--b\r\nbroken").await, refused(400, "multipart_malformed")),
        (
            post(world.address, "multipart/form-data", PDF).await,
            refused(400, "multipart_malformed"),
        ),
        (post(world.address, "text/html", PDF).await, refused(415, "unsupported_content_type")),
        (
            post(world.address, "application/pdf\r\nContent-Encoding: gzip", PDF).await,
            refused(415, "unsupported_content_encoding"),
        ),
    ] {
        assert_eq!(told(&answer), expected);
    }
    assert_eq!(world.stored().await, [0, 0, 0]);
}

#[tokio::test]
async fn choices_that_cannot_be_used_are_refused() {
    let world = small().await;
    for (query, expected) in [
        ("languages=../x", refused(422, "languages_invalid")),
        ("languages=fra&languages=eng", refused(400, "query_invalid")),
        ("languages=aaa+bbb+ccc+ddd+eee", (422, "languages_invalid".to_owned(), Some(4), Some(5))),
    ] {
        let path = format!("{UPLOAD}?{query}");
        let answer = post_to(world.address, &path, "application/pdf", PDF).await;
        assert_eq!(told(&answer), expected, "{query}");
    }
    assert_eq!(world.stored().await, [0, 0, 0]);
}

#[tokio::test]
async fn unknown_addresses_and_methods_are_problems_too() {
    let world = small().await;
    for path in ["/", "/api/v1", "/docs/nothing.js", "/api/v2/process-invoice"] {
        let answer = get(world.address, path).await;
        assert_eq!(told(&answer), refused(404, "route_not_found"), "{path}");
    }
    let answer = get(world.address, UPLOAD).await;
    assert_eq!(told(&answer), refused(405, "method_not_allowed"));
    assert_eq!(answer.header("allow"), Some("POST"));
    let answer = post_to(world.address, "/health", "text/plain", b"").await;
    assert_eq!(told(&answer), refused(405, "method_not_allowed"));
}
