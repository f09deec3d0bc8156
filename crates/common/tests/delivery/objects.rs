//! Objects: written once, read whole or not at all, never waited for in vain.

use bytes::Bytes;
use common::error::ErrorKind;
use common::id::{ContentHash, DocumentId, Options, Tenant};
use common::object::{Bucket, ObjectStore};

use crate::support::Bench;

fn document() -> DocumentId {
    DocumentId::derive(&Tenant::default(), &ContentHash::of(b"d"), &Options::default())
}

/// The buckets and the streams that they are.
const STREAMS: [(Bucket, &str); 2] =
    [(Bucket::Uploads, "OBJ_invoice_uploads"), (Bucket::Work, "OBJ_invoice_work")];

/// More than one chunk, not a whole number of them.
fn large() -> Bytes {
    (0..1_300_000u32).map(|n| (n % 251) as u8).collect::<Vec<u8>>().into()
}

#[tokio::test]
async fn what_is_written_is_read_also_by_the_clients_own_reader() {
    let bench = Bench::start().await;
    for bytes in [Bytes::new(), Bytes::from_static(b"x"), large()] {
        let object = bench.broker.write(Bucket::Work, &document(), bytes.clone()).await.unwrap();
        assert_eq!(bench.broker.read(&object).await.unwrap(), bytes);
        let store = bench.raw.get_object_store("invoice_work").await.unwrap();
        let info = store.info(object.name()).await.unwrap();
        assert_eq!(info.size, bytes.len());
        if !bytes.is_empty() {
            let mut reader = store.get(object.name()).await.unwrap();
            let mut seen = Vec::new();
            tokio::io::AsyncReadExt::read_to_end(&mut reader, &mut seen).await.unwrap();
            assert_eq!(seen, bytes);
        }
    }
}

#[tokio::test]
async fn writing_the_same_bytes_again_stores_nothing() {
    let bench = Bench::start().await;
    let document = document();
    for (bucket, stream) in STREAMS {
        let write = || bench.broker.write(bucket, &document, large());
        let first = write().await.unwrap();
        let stored = bench.messages_in(stream).await;
        assert_eq!(write().await.unwrap(), first);
        assert_eq!(bench.messages_in(stream).await, stored);
    }
}

#[tokio::test]
async fn what_was_deleted_is_written_anew() {
    let bench = Bench::start().await;
    let document = document();
    for (bucket, stream) in STREAMS {
        let object = bench.broker.write(bucket, &document, large()).await.unwrap();
        let stored = bench.messages_in(stream).await;
        let store = bench.raw.get_object_store(stream.trim_start_matches("OBJ_")).await.unwrap();
        store.delete(object.name()).await.unwrap();
        assert!(bench.broker.read(&object).await.is_err());
        assert_eq!(bench.broker.write(bucket, &document, large()).await.unwrap(), object);
        assert_eq!(bench.broker.read(&object).await.unwrap(), large());
        assert_eq!(bench.messages_in(stream).await, stored);
    }
}

#[tokio::test]
async fn what_lost_a_chunk_is_written_anew() {
    let bench = Bench::start().await;
    let document = document();
    for (bucket, stream) in STREAMS {
        let object = bench.broker.write(bucket, &document, large()).await.unwrap();
        let first = bench.raw.get_stream(stream).await.unwrap();
        first.delete_message(first.cached_info().state.first_sequence).await.unwrap();
        assert!(bench.broker.read(&object).await.is_err());
        bench.broker.write(bucket, &document, large()).await.unwrap();
        assert_eq!(bench.broker.read(&object).await.unwrap(), large());
    }
}

#[tokio::test]
async fn of_writers_at_once_one_wins_and_no_chunks_stay_behind() {
    let bench = Bench::start().await;
    let document = document();
    let write = || bench.broker.write(Bucket::Work, &document, large());
    let (a, b, c, d) = tokio::join!(write(), write(), write(), write());
    for object in [&a, &b, &c, &d] {
        assert_eq!(bench.broker.read(object.as_ref().unwrap()).await.unwrap(), large());
    }
    // Three chunks and one message of metadata.
    assert_eq!(bench.messages_in("OBJ_invoice_work").await, 4);
}

#[tokio::test]
async fn a_read_of_missing_chunks_fails_instead_of_waiting_for_ever() {
    let bench = Bench::start().await;
    let object = bench.broker.write(Bucket::Work, &document(), large()).await.unwrap();
    let stream = bench.raw.get_stream("OBJ_invoice_work").await.unwrap();
    stream.purge().filter("$O.invoice_work.C.>").await.unwrap();
    let error = bench.broker.read(&object).await.unwrap_err();
    assert_eq!((error.kind, &*error.code), (ErrorKind::Lost, "object_missing"));
}

#[tokio::test]
async fn a_corrupted_chunk_is_noticed() {
    let bench = Bench::start().await;
    let object = bench.broker.write(Bucket::Work, &document(), large()).await.unwrap();
    let store = bench.raw.get_object_store("invoice_work").await.unwrap();
    let nuid = store.info(object.name()).await.unwrap().nuid;
    let stream = bench.raw.get_stream("OBJ_invoice_work").await.unwrap();
    let subject = format!("$O.invoice_work.C.{nuid}");
    stream.purge().filter(&subject).await.unwrap();
    for _ in 0..3 {
        bench.raw.publish(subject.clone(), "not the bytes".into()).await.unwrap().await.unwrap();
    }
    let error = bench.broker.read(&object).await.unwrap_err();
    assert_eq!((error.kind, &*error.code), (ErrorKind::Lost, "object_corrupt"));
}
