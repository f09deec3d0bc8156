//! A document's pages: their words, their images, and why there are none.

use std::collections::BTreeMap;

use bytes::Bytes;
use common::error::{ErrorRecord, StageError};
use common::id::DocumentId;
use common::jetstream::sweeper::reclaim;
use common::object::{Bucket, ObjectRef, ObjectStore};
use common::page::{
    AppliedStep, BoundingBox, PageGeometry, PageSource, Preparation, ReadDocument, ReadPage, Word,
    encode,
};
use common::stage::StageName;
use common::status::{ResultJson, State};
use serde_json::json;
use serde_json::value::RawValue;

use crate::client::{Answer, get, raw};
use crate::world::World;

/// Bytes of the image of page 1: more than one chunk of the store.
const IMAGE_BYTES: usize = 700_000;

/// A document of two pages, a scanned one and one that was read from its text layer.
async fn read(world: &World) -> (DocumentId, ObjectRef) {
    let (id, _) = world.uploaded().await;
    let image: Bytes = (0..IMAGE_BYTES).map(|n| (n % 251) as u8).collect();
    let raster = world.broker.write(Bucket::Work, &id, image).await.unwrap();
    let geometry = PageGeometry {
        number: 1,
        width_px: 1240,
        height_px: 1754,
        dpi: 150.0,
        rotation_degrees: 90,
        skew_degrees: -0.5,
    };
    let word = |text: &str, confidence, line| Word {
        line,
        ..Word::new(text, BoundingBox([0.125, 0.25, 0.5, 0.75]), confidence)
    };
    let scanned = ReadPage {
        geometry,
        source: PageSource::Ocr,
        confidence: 0.75,
        attempts: 2,
        languages: vec!["fra".to_owned()],
        words: vec![word("Total", 0.5, 0), word("12,00", 1.0, 1)],
        raster: Some(raster.clone()),
        preparation: Preparation {
            doubt: Some("too-little-text".to_owned()),
            measurements: BTreeMap::from([("skew_degrees".to_owned(), -0.5)]),
            steps: vec![
                AppliedStep { name: "deskew".to_owned(), amount: Some(-0.5) },
                AppliedStep { name: "turn".to_owned(), amount: None },
            ],
        },
    };
    let digital = ReadPage {
        geometry: PageGeometry { number: 2, rotation_degrees: 0, skew_degrees: 0.0, ..geometry },
        source: PageSource::TextLayer,
        confidence: 0.0,
        attempts: 0,
        languages: Vec::new(),
        words: Vec::new(),
        raster: None,
        preparation: Preparation::default(),
    };
    let document = ReadDocument { pages: vec![scanned, digital], embedded_xml: Vec::new() };
    let bytes = encode(&document).unwrap().into();
    let pages = world.broker.write(Bucket::Work, &id, bytes).await.unwrap();
    world
        .change(&id, |record| {
            record.stage = StageName::Extract;
            record.input = pages.clone();
        })
        .await;
    (id, raster)
}

fn place(id: &DocumentId, rest: &str) -> String {
    format!("/api/v1/invoices/{id}/pages{rest}")
}

/// The same again, by a client that has the answer already.
async fn asked_again(world: &World, path: &str, answer: &Answer) -> Answer {
    let tag = answer.header("etag").unwrap();
    raw(world.address, &format!("GET {path} HTTP/1.1\r\nIf-None-Match: {tag}"), b"").await
}

fn told(answer: &Answer) -> (u16, String) {
    (answer.status, answer.problem())
}

#[tokio::test]
async fn pages_show_every_word_with_its_place_and_how_it_was_read() {
    let world = World::start().await;
    let (id, _) = read(&world).await;
    let path = place(&id, "");
    let answer = get(world.address, &path).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("private, no-cache"));
    let bbox = [0.125, 0.25, 0.5, 0.75];
    let expected = json!({"pages": [
        {
            "number": 1, "width_px": 1240, "height_px": 1754, "dpi": 150.0,
            "rotation_degrees": 90, "skew_degrees": -0.5,
            "source": "ocr", "confidence": 0.75, "attempts": 2, "languages": ["fra"],
            "preparation": {
                "doubt": "too-little-text",
                "measurements": {"skew_degrees": -0.5},
                "steps": [{"name": "deskew", "amount": -0.5}, {"name": "turn", "amount": null}],
            },
            "image": place(&id, "/1/image"),
            "words": [
                {"text": "Total", "confidence": 0.5, "box": bbox, "line": 0},
                {"text": "12,00", "confidence": 1.0, "box": bbox, "line": 1},
            ],
        },
        {
            "number": 2, "width_px": 1240, "height_px": 1754, "dpi": 150.0,
            "rotation_degrees": 0, "skew_degrees": 0.0,
            "source": "text-layer", "confidence": 0.0, "attempts": 0, "languages": [],
            "preparation": {"doubt": null, "measurements": {}, "steps": []},
            "image": null,
            "words": [],
        },
    ]});
    assert_eq!(answer.json(), expected);
    let again = asked_again(&world, &path, &answer).await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    assert_eq!(again.header("etag"), answer.header("etag"));
}

#[tokio::test]
async fn an_image_is_sent_as_it_is_kept() {
    let world = World::start().await;
    let (id, raster) = read(&world).await;
    let path = place(&id, "/1/image");
    let answer = get(world.address, &path).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body == world.broker.read(&raster).await.unwrap());
    let length = IMAGE_BYTES.to_string();
    let tag = format!("\"{}\"", raster.hash);
    for (name, value) in
        [("content-type", "image/png"), ("content-length", &length), ("etag", &tag)]
    {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }

    let head = raw(world.address, &format!("HEAD {path} HTTP/1.1"), b"").await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), Some(length.as_str()));
    assert_eq!(head.header("etag"), Some(tag.as_str()));

    let again = asked_again(&world, &path, &answer).await;
    assert_eq!((again.status, again.body.len()), (304, 0));
}

#[tokio::test]
async fn an_image_may_be_kept_unasked_once_nothing_can_change_it() {
    let world = World::with(|config| config.retention.work_hours = 1).await;
    let (id, _) = read(&world).await;
    let path = place(&id, "/1/image");
    let answer = get(world.address, &path).await;
    assert_eq!(answer.header("cache-control"), Some("private, no-cache"));
    let result = RawValue::from_string("{}".to_owned()).unwrap();
    world
        .change(&id, |record| {
            record.state = State::Completed;
            record.result = Some(ResultJson(result.clone()));
        })
        .await;
    let answer = get(world.address, &path).await;
    let caching = answer.header("cache-control").unwrap();
    let seconds = caching.strip_prefix("private, max-age=").unwrap();
    let seconds: u64 = seconds.strip_suffix(", immutable").unwrap().parse().unwrap();
    assert!((1..=3600).contains(&seconds), "no longer than we keep it: {seconds}");
}

#[tokio::test]
async fn pages_that_are_not_there_say_why() {
    let world = World::start().await;
    let (id, _) = world.uploaded().await;
    for rest in ["", "/1/image"] {
        let answer = get(world.address, &place(&id, rest)).await;
        assert_eq!(told(&answer), (409, "pages_pending".to_owned()));
        assert!(answer.header("retry-after").is_some());
    }
    world
        .change(&id, |record| {
            record.state = State::Failed;
            let cause = StageError::rejected("pdf_encrypted", "the document needs a password");
            record.error = Some(ErrorRecord::new(StageName::Preprocess, &cause));
        })
        .await;
    for rest in ["", "/1/image"] {
        let answer = get(world.address, &place(&id, rest)).await;
        assert_eq!(told(&answer), (404, "pages_never_read".to_owned()));
        assert!(answer.header("retry-after").is_none());
    }
}

#[tokio::test]
async fn a_page_without_image_is_told_from_no_page() {
    let world = World::start().await;
    let (id, _) = read(&world).await;
    let answer = get(world.address, &place(&id, "/2/image")).await;
    assert_eq!(told(&answer), (404, "page_image_absent".to_owned()));
    for (number, value) in [("3", json!(3)), ("0", json!(0)), ("x", json!(null))] {
        let answer = get(world.address, &place(&id, &format!("/{number}/image"))).await;
        assert_eq!(told(&answer), (404, "page_not_found".to_owned()), "{number}");
        let problem = answer.json();
        assert_eq!((&problem["limit"], &problem["value"]), (&json!(2), &value));
    }
}

#[tokio::test]
async fn pages_of_a_failed_document_are_shown_until_they_expire() {
    let world = World::start().await;
    let (id, _) = read(&world).await;
    world
        .change(&id, |record| {
            let cause = StageError::internal("extract_panicked", "a bug");
            *record = record
                .clone()
                .given_up(ErrorRecord::new(StageName::Extract, &cause), record.updated_at);
        })
        .await;
    let known = get(world.address, &place(&id, "")).await;
    assert_eq!(known.status, 200);
    let image = get(world.address, &place(&id, "/1/image")).await;
    assert_eq!(image.status, 200);
    world.forget_work().await;
    for (rest, known) in [("", &known), ("/1/image", &image)] {
        // To whoever has them, too: the truth is that they are gone.
        for answer in [
            get(world.address, &place(&id, rest)).await,
            asked_again(&world, &place(&id, rest), known).await,
        ] {
            assert_eq!(told(&answer), (410, "pages_expired".to_owned()));
        }
    }
}

#[tokio::test]
async fn pages_that_made_room_for_others_are_kept_no_longer() {
    let world = World::start().await;
    let (id, _) = read(&world).await;
    world.shrink("OBJ_invoice_work", 800_000).await;
    assert_eq!(reclaim(&world.broker, 0).await.unwrap().documents, 0, "it is under way");
    assert_eq!(get(world.address, &place(&id, "")).await.status, 200);
    world
        .change(&id, |record| {
            record.state = State::Completed;
            record.result = Some(ResultJson(RawValue::from_string("{}".to_owned()).unwrap()));
        })
        .await;
    assert_eq!(reclaim(&world.broker, 0).await.unwrap().documents, 1);
    for rest in ["", "/1/image"] {
        let answer = get(world.address, &place(&id, rest)).await;
        assert_eq!(told(&answer), (410, "pages_expired".to_owned()));
    }
}

#[tokio::test]
async fn an_image_that_cannot_be_read_to_its_end_never_looks_whole() {
    let world = World::start().await;
    let (id, _) = read(&world).await;
    // The image was the first object, so its second chunk is the second message.
    world.forget_work_message(2).await;
    let answer = get(world.address, &place(&id, "/1/image")).await;
    let announced: usize = answer.header("content-length").unwrap().parse().unwrap();
    assert_eq!((answer.status, announced), (200, IMAGE_BYTES));
    assert!(answer.body.len() < announced, "{}", answer.body.len());
}

#[tokio::test]
async fn pages_of_unknown_malformed_and_foreign_ids_look_the_same() {
    let world = World::start().await;
    let (id, _) = read(&world).await;
    world.change(&id, |record| record.tenant = "somebody-else".parse().unwrap()).await;
    let unknown = "0".repeat(64);
    for id in [id.as_str(), &unknown, "7", "%ff.%3e"] {
        for rest in ["pages", "pages/1/image"] {
            let path = format!("/api/v1/invoices/{id}/{rest}");
            let answer = get(world.address, &path).await;
            assert_eq!(told(&answer), (404, "not_found".to_owned()), "{path}");
        }
    }
}
