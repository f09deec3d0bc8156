//! What is taken, and that it is taken once.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use common::object::ObjectStore;

use crate::client::{PDF, UPLOAD, chunked, get, png, post, post_form, post_to, raw};
use crate::world::World;

#[tokio::test]
async fn a_form_is_taken_once_and_known_the_second_time() {
    let world = World::start().await;
    let first = post_form(world.address, "file", "C:\\scans\\mai.pdf", PDF).await;
    assert_eq!(first.status, 202, "{}", first.text());
    let answer = first.json();
    let id = answer["id"].as_str().unwrap();
    let place = format!("/api/v1/invoices/{id}");
    assert_eq!(answer["state"], "queued");
    assert_eq!(answer["links"]["self"], place);
    assert_eq!(first.header("location"), Some(place.as_str()));

    let second = post(world.address, "application/pdf", PDF).await;
    assert_eq!((second.status, &second.json()), (200, &answer));
    assert_eq!(second.header("location"), Some(place.as_str()));
    // One job, one status, one chunk and its metadata.
    assert_eq!(world.stored().await, [1, 1, 2]);
    // The first name stays.
    assert_eq!(get(world.address, &place).await.json()["filename"], "mai.pdf");
}

#[tokio::test]
async fn what_is_stored_is_what_was_sent() {
    let world = World::start().await;
    // Longer than one chunk of the store and than what a connection's buffers hold.
    let mut sent = PDF.to_vec();
    sent.extend((0..3_000_000_u32).map(|n| (n % 251) as u8));
    let answer = post(world.address, "application/octet-stream", &sent).await;
    let id = answer.json()["id"].as_str().unwrap().parse().unwrap();
    let record = world.broker.status(&id).await.unwrap().unwrap();
    assert_eq!(world.broker.read(&record.original).await.unwrap(), sent);
}

#[tokio::test]
async fn first_bytes_decide_over_declared_type_and_name() {
    let world = World::start().await;
    let answer = post_form(world.address, "file", "page.html", &png(30, 40)).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let id = answer.json()["id"].as_str().unwrap().parse().unwrap();
    let record = world.broker.status(&id).await.unwrap().unwrap();
    assert_eq!(record.media_type.as_str(), "image/png");
    assert_eq!(post(world.address, "image/jpeg", &png(30, 40)).await.status, 200);
}

#[tokio::test]
async fn an_e_invoice_by_itself_is_a_document() {
    let world = World::start().await;
    let xml = b"<?xml version=\"1.0\"?><rsm:CrossIndustryInvoice/>";
    let answer = post(world.address, "text/xml; charset=utf-8", xml).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let id = answer.json()["id"].as_str().unwrap().parse().unwrap();
    let record = world.broker.status(&id).await.unwrap().unwrap();
    assert_eq!(record.media_type.as_str(), "application/xml");
}

#[tokio::test]
async fn a_bare_body_has_its_name_and_languages_in_the_query() {
    let world = World::start().await;
    let path = format!("{UPLOAD}?filename=..%2Fm%C3%A4rz.pdf&languages=deu+eng");
    let answer = post_to(world.address, &path, "application/pdf", PDF).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let id = answer.json()["id"].as_str().unwrap().parse().unwrap();
    let record = world.broker.status(&id).await.unwrap().unwrap();
    assert_eq!(record.filename.as_deref(), Some("märz.pdf"));
    assert_eq!(record.options.languages, ["deu", "eng"]);
    let plain = post(world.address, "application/pdf", PDF).await;
    assert_eq!(plain.status, 202, "other options are another document");
    assert_ne!(plain.json()["id"], answer.json()["id"]);
}

#[tokio::test]
async fn a_body_of_unknown_length_is_taken() {
    let world = World::start().await;
    let head = format!(
        "POST {UPLOAD} HTTP/1.1\r\nContent-Type: application/pdf\r\n\
         Content-Disposition: attachment; filename*=UTF-8''%C3%A9t%C3%A9.pdf\r\n\
         Idempotency-Key: 7\r\nTransfer-Encoding: chunked"
    );
    let answer = raw(world.address, &head, &chunked(&[&PDF[..3], &PDF[3..]])).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let place = answer.header("location").unwrap().to_owned();
    assert_eq!(get(world.address, &place).await.json()["filename"], "été.pdf");
}

#[tokio::test]
async fn the_request_id_follows_the_document() {
    let world = World::start().await;
    let length = PDF.len();
    let head = format!(
        "POST {UPLOAD} HTTP/1.1\r\nContent-Type: application/pdf\r\nX-Request-Id: order-7.B\r\n\
         Content-Length: {length}"
    );
    let answer = raw(world.address, &head, PDF).await;
    assert_eq!(answer.header("x-request-id"), Some("order-7.B"));
    let id = answer.json()["id"].as_str().unwrap().parse().unwrap();
    let record = world.broker.status(&id).await.unwrap().unwrap();
    assert_eq!(record.correlation_id, "order-7.B");
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_equal_uploads_at_once_are_one_document() {
    let world = World::with(|config| config.gateway.accept_patience_seconds = 30).await;
    let mut document = PDF.to_vec();
    document.resize(100_000, b' ');
    let uploads = (0..50).map(|_| {
        let (address, document) = (world.address, document.clone());
        tokio::spawn(async move { post(address, "application/pdf", &document).await })
    });
    let (mut ids, mut statuses) = (BTreeSet::new(), BTreeMap::new());
    for upload in uploads.collect::<Vec<_>>() {
        let answer = upload.await.unwrap();
        *statuses.entry(answer.status).or_insert(0) += 1;
        ids.insert(answer.json()["id"].to_string());
    }
    assert_eq!(statuses, BTreeMap::from([(202, 1), (200, 49)]));
    assert_eq!(ids.len(), 1);
    assert_eq!(world.stored().await, [1, 1, 2], "one job, one status, one object");
}
