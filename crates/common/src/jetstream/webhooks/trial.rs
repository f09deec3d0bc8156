//! A sending that stands for nothing: whether an endpoint takes what is sent to it.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use super::deliver::post;
use super::queue::StoredEvent;
use crate::callback::call::{Answer, CallError, Caller};
use crate::jetstream::cloud_event;
use crate::jetstream::names;
use crate::webhook::{Endpoint, TEST_KIND};

/// The `schema` value of the body.
const TEST_SCHEMA: &str = "webhook.test/1";

/// Sends a test to `url`, signed as events to `endpoint` are. Once; nothing of it is stored.
///
/// # Errors
/// [`CallError`].
pub async fn send_test(
    caller: &Caller,
    endpoint: &Endpoint,
    url: &str,
) -> (Result<Answer, CallError>, Duration) {
    let id = format!("test_{}", nuid::next());
    let now = Timestamp::now();
    let body = json!({ "schema": TEST_SCHEMA, "webhook": endpoint.id, "sent_at": now });
    let headers = [
        (names::CONTENT_TYPE_HEADER, cloud_event::JSON.to_owned()),
        (names::CE_SPECVERSION_HEADER, cloud_event::SPECVERSION.to_owned()),
        (names::CE_ID_HEADER, id.clone()),
        (names::CE_SOURCE_HEADER, format!("/invoice-ocr/{}", endpoint.tenant)),
        (names::CE_TYPE_HEADER, TEST_KIND.to_owned()),
        (names::CE_TIME_HEADER, now.to_string()),
    ];
    let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let event = StoredEvent { headers, body: body.to_string().into() };
    post(caller, endpoint, &id, url, event).await
}
