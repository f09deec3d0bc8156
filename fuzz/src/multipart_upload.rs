//! Any request that brings a document.
//!
//! The first byte is how many bytes come at a time, the second bounds the document. Then, as on the
//! wire: a line with the query, headers, an empty line, the body. Lines end with `\n`.

use std::mem::discriminant;
use std::sync::LazyLock;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Request};
use bytes::Bytes;
use futures_util::{FutureExt, stream};

use common::config::{Config, Limits};
use common::page::MediaType;
use gateway::ApiError;
use gateway::fuzzing::{Taken, languages, upload};

static LIMITS: LazyLock<Limits> =
    LazyLock::new(|| Config::defaults().expect("the defaults are right").limits);

/// Bytes of a document for each step of the second byte.
const STEP: u64 = 64;

/// Longest name, characters.
const MAX_NAME: usize = 255;

/// A document keeps the limits whatever the request says, and does not depend on how its bytes
/// come.
pub fn multipart_upload(bytes: &[u8]) {
    let [at_a_time, bound, request @ ..] = bytes else { return };
    let max_bytes = STEP * u64::from(*bound);
    let (head, body) = split(request, b"\n\n");
    let (query, headers) = split(head, b"\n");
    let query = std::str::from_utf8(query).ok();
    drop(query.map(languages));
    let parts = parts(headers);
    let whole = take(&parts, body, body.len(), query, max_bytes);
    let pieces = take(&parts, body, usize::from(*at_a_time), query, max_bytes);
    match (&whole, &pieces) {
        (Ok(taken), _) => {
            assert_eq!(pieces.as_ref(), Ok(taken));
            assert_legal(taken, max_bytes);
        }
        (Err(error), Err(other)) => assert_eq!(discriminant(error), discriminant(other)),
        (Err(error), Ok(_)) => panic!("in one piece: {error}"),
    }
}

fn assert_legal(taken: &Taken, max_bytes: u64) {
    assert!(!taken.bytes.is_empty() && taken.bytes.len() as u64 <= max_bytes);
    assert_eq!(MediaType::sniff(&taken.bytes), Some(taken.media_type));
    if let Some(name) = &taken.filename {
        let hidden = |c: char| c.is_control() || c == '/' || c == '\\';
        assert!(!name.trim().is_empty() && !name.contains(hidden), "{name:?}");
        assert!(name.chars().count() <= MAX_NAME);
    }
}

fn take(
    parts: &Parts,
    body: &[u8],
    at_a_time: usize,
    named: Option<&str>,
    max_bytes: u64,
) -> Result<Taken, ApiError> {
    let chunks: Vec<_> = body.chunks(at_a_time.max(1)).map(Bytes::copy_from_slice).collect();
    let body = Body::from_stream(stream::iter(chunks.into_iter().map(Ok::<_, ApiError>)));
    let named = named.filter(|name| !name.is_empty());
    let taken = upload(parts, body, named, max_bytes, &LIMITS);
    taken.now_or_never().expect("nothing is waited for")
}

fn parts(headers: &[u8]) -> Parts {
    let (mut parts, ()) = Request::new(()).into_parts();
    for line in headers.split(|byte| *byte == b'\n') {
        let (name, value) = split(line, b":");
        let name = HeaderName::from_bytes(name);
        let value = HeaderValue::from_bytes(value.trim_ascii());
        if let (Ok(name), Ok(value)) = (name, value) {
            parts.headers.append(name, value);
        }
    }
    parts
}

/// What stands before and behind the first `mark`.
fn split<'a>(bytes: &'a [u8], mark: &[u8]) -> (&'a [u8], &'a [u8]) {
    match bytes.windows(mark.len()).position(|window| window == mark) {
        Some(at) => (&bytes[..at], &bytes[at + mark.len()..]),
        None => (bytes, &[]),
    }
}
