//! Many documents in one request.

use std::io::{Cursor, Write};

use serde_json::Value;

use crate::client::{Answer, PDF, png, post_to, raw};
use crate::world::World;

const BATCH: &str = "/api/v1/process-invoices";

/// A form with these files: its media type and its bytes.
fn form(files: &[(&str, &[u8])]) -> (&'static str, Vec<u8>) {
    let mut body = Vec::new();
    for (name, bytes) in files {
        let head = format!(
            "--frontier\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n"
        );
        body.extend([head.as_bytes(), bytes, b"\r\n"].concat());
    }
    body.extend(b"--frontier--\r\n");
    ("multipart/form-data; boundary=frontier", body)
}

async fn post_files(world: &World, files: &[(&str, &[u8])]) -> Answer {
    let (media_type, body) = form(files);
    post_to(world.address, BATCH, media_type, &body).await
}

/// Sends these files with a key.
pub(crate) async fn post_files_as(world: &World, key: &str, files: &[(&str, &[u8])]) -> Answer {
    let (media_type, body) = form(files);
    let head = format!(
        "POST {BATCH} HTTP/1.1\r\nX-API-Key: {key}\r\nContent-Type: {media_type}\r\nContent-Length: {}",
        body.len()
    );
    raw(world.address, &head, &body).await
}

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

async fn post_zip(world: &World, files: &[(&str, &[u8])]) -> Answer {
    post_to(world.address, BATCH, "application/zip", &zipped(files)).await
}

/// Filename, status and code of each item.
fn items(answer: &Answer) -> Vec<(String, u64, String)> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let body = answer.json();
    let items = body["items"].as_array().unwrap().iter();
    items
        .map(|item| {
            let status = item["status"].as_u64().unwrap();
            (text(&item["filename"]), status, text(&item["problem"]["code"]))
        })
        .collect()
}

fn item(name: &str, status: u64, code: &str) -> (String, u64, String) {
    (name.to_owned(), status, code.to_owned())
}

#[tokio::test]
async fn each_file_of_a_form_is_taken_or_refused_by_itself() {
    let world = World::start().await;
    let image = png(30, 20);
    let files: [(&str, &[u8]); 4] =
        [("a.pdf", PDF), ("b.txt", b"not a document"), ("again.pdf", PDF), ("c.png", &image)];
    let answer = post_files(&world, &files).await;
    assert_eq!(answer.status, 200);
    let expected = [
        item("a.pdf", 202, "-"),
        item("b.txt", 415, "unsupported_media_type"),
        item("again.pdf", 200, "-"),
        item("c.png", 202, "-"),
    ];
    assert_eq!(items(&answer), expected);
    let body = answer.json();
    assert_eq!([&body["accepted"], &body["known"], &body["refused"]], [2, 1, 1]);
    assert!(body.get("interrupted").is_none());
    let place = body["items"][0]["document"]["links"]["self"].as_str().unwrap();
    assert_eq!(crate::client::get(world.address, place).await.json()["state"], "queued");
    assert_eq!(world.stored().await[0], 2, "jobs");
    assert_eq!(
        world.trail().await.len(),
        3,
        "one record for each document that was taken or known"
    );
}

#[tokio::test]
async fn the_files_of_an_archive_are_taken_like_those_of_a_form() {
    let world = World::start().await;
    let files: [(&str, &[u8]); 3] = [
        ("2026/a.pdf", PDF),
        ("__MACOSX/2026/._a.pdf", b"x"),
        ("inner.zip", &zipped(&[("x", PDF)])),
    ];
    let answer = post_zip(&world, &files).await;
    assert_eq!(answer.status, 200);
    let expected = [item("a.pdf", 202, "-"), item("inner.zip", 415, "unsupported_media_type")];
    assert_eq!(items(&answer), expected);
}

#[tokio::test]
async fn a_batch_over_a_limit_names_it() {
    let world = World::with(|config| {
        config.gateway.max_batch_files = 2;
        config.gateway.max_batch_bytes = 100_000;
    })
    .await;
    let three: [(&str, &[u8]); 3] = [("a", PDF), ("b", PDF), ("c", PDF)];
    let answer = post_zip(&world, &three).await;
    assert_eq!((answer.status, answer.problem().as_str()), (422, "too_many_files"));
    assert_eq!((&answer.json()["limit"], &answer.json()["value"]), (&2.into(), &3.into()));
    assert_eq!(world.stored().await, [0, 0, 0], "an archive is known before any of it is taken");

    let answer = post_files(&world, &three).await;
    assert_eq!((answer.status, items(&answer).len()), (200, 2), "a form is not");
    assert_eq!(answer.json()["interrupted"]["code"], "too_many_files");

    let noise: Vec<u8> =
        (0..200_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let answer = post_zip(&world, &[("large", &noise)]).await;
    assert_eq!((answer.status, answer.problem().as_str()), (413, "batch_too_large"));
    assert_eq!(answer.json()["limit"], 100_000);
    let answer = post_files(&world, &[("large", &noise)]).await;
    assert_eq!((answer.status, answer.problem().as_str()), (413, "batch_too_large"));
}

#[tokio::test]
async fn a_bomb_is_not_unpacked_and_what_is_beside_it_is_taken() {
    let world = World::start().await;
    let zeros = vec![0; 20_000_000];
    let answer = post_zip(&world, &[("a.pdf", PDF), ("bomb", &zeros)]).await;
    assert_eq!(items(&answer), [item("a.pdf", 202, "-"), item("bomb", 422, "archive_expands")]);
}

#[tokio::test]
async fn what_is_no_batch_is_refused() {
    let world = World::start().await;
    let zip = "application/zip";
    for (media_type, body, status, code) in [
        (zip, &b"PK\x03\x04 and nothing"[..], 422, "archive_damaged"),
        ("application/pdf", PDF, 415, "unsupported_content_type"),
        ("multipart/form-data; boundary=b", b"no form", 400, "multipart_malformed"),
        ("multipart/form-data; boundary=b", b"--b--\r\n", 422, "file_missing"),
    ] {
        let answer = post_to(world.address, BATCH, media_type, body).await;
        assert_eq!((answer.status, answer.problem().as_str()), (status, code), "{media_type}");
    }
    let head =
        format!("POST {BATCH}?languages=1 HTTP/1.1\r\nContent-Type: {zip}\r\nContent-Length: 0");
    let answer = raw(world.address, &head, b"").await;
    assert_eq!((answer.status, answer.problem().as_str()), (422, "languages_invalid"));
}

#[tokio::test]
async fn a_full_broker_interrupts_a_batch_and_says_what_was_taken() {
    let world = World::start().await;
    world.shrink_queue(1).await;
    let image = png(30, 20);
    let files: [(&str, &[u8]); 3] = [("a.pdf", PDF), ("b.png", &image), ("c.txt", b"text")];
    let answer = post_files(&world, &files).await;
    assert_eq!((answer.status, items(&answer)), (200, vec![item("a.pdf", 202, "-")]));
    assert_eq!(answer.json()["interrupted"]["code"], "broker_full");
    let again = post_files(&world, &files[1..]).await;
    assert_eq!((again.status, again.problem().as_str()), (503, "broker_full"), "nothing was taken");
}
