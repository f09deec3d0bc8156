//! What is kept of a document while it moves and for some days after: its status, and its pages as
//! `ocr` left them in the work store.

use std::borrow::Cow;

use serde::Deserialize;
use utoipa::ToSchema;

use common::audit::{Action, Outcome};
use common::error::{ErrorKind, StageError};
use common::id::DocumentId;
use common::jetstream::broker::Broker;
use common::jetstream::objects::ObjectReader;
use common::jetstream::statuses::Revised;
use common::object::{self, ObjectRef};
use common::status::{ResultJson, State, StatusRecord};

use crate::caller::Caller;
use crate::error::ApiError;
use crate::state::App;

/// The status of the caller's document of this id, as it stands in an address.
///
/// # Errors
/// [`ApiError::NotFound`] for anything but the caller's own documents.
pub(crate) async fn status(app: &App, caller: &Caller, id: &str) -> Result<StatusRecord, ApiError> {
    // An id of another form names nothing, like any other unknown one.
    let id: DocumentId = id.parse().map_err(|_| ApiError::NotFound)?;
    revised(app, caller, &id, 0).await.map(|read| read.record)
}

/// The status of the caller's document with its revision, which is `least` or a later one.
///
/// # Errors
/// As [`status`].
pub(crate) async fn revised(
    app: &App,
    caller: &Caller,
    id: &DocumentId,
    least: u64,
) -> Result<Revised, ApiError> {
    find(app, caller, id, least).await?.ok_or_else(|| {
        app.access.trail().tell_later(caller.did(Action::Read, id, Outcome::NotFound));
        ApiError::NotFound
    })
}

/// Likewise; `None` where there is no such document of the caller's (any more), which the audit trail is
/// not told.
///
/// # Errors
/// [`ApiError`] while the broker does not answer.
pub(crate) async fn find(
    app: &App,
    caller: &Caller,
    id: &DocumentId,
    least: u64,
) -> Result<Option<Revised>, ApiError> {
    let unreadable = |error: StageError| {
        tracing::warn!(invoice.id = %id, %error, "a status cannot be read");
        ApiError::from(&error)
    };
    let mut read = app.broker.revised_status(id).await.map_err(unreadable)?;
    // Any replica may answer, and one may be behind what is known here.
    if read.as_ref().map_or(0, |read| read.revision) < least {
        read = app.broker.status_at_leader(id).await.map_err(unreadable)?;
    }
    // Somebody else's document is answered as an unknown one, so that ids cannot be probed.
    Ok(read.filter(|read| read.record.tenant == caller.tenant))
}

/// Takes note that something of the document is handed out: a result, pages, an image. That somebody asks
/// whether it is there yet is none of it.
pub(crate) fn handed_out(app: &App, caller: &Caller, id: &DocumentId) {
    app.access.trail().tell_later(caller.did(Action::Read, id, Outcome::Done));
}

/// The document's result, with what people put right in it, or as it was published.
///
/// # Errors
/// [`ApiError::ResultPending`] or [`ApiError::ResultFailed`] where there is none.
pub(crate) fn result(
    record: &StatusRecord,
    version: Version,
) -> Result<Cow<'_, ResultJson>, ApiError> {
    let result = match version {
        Version::Current => shown(record)?,
        Version::Original => record.result.as_ref().map(Cow::Borrowed),
    };
    result.ok_or_else(|| no_result(record))
}

/// Likewise; `None` where there is none.
///
/// # Errors
/// [`ApiError::Internal`] for a result that is no JSON.
pub(crate) fn shown(record: &StatusRecord) -> Result<Option<Cow<'_, ResultJson>>, ApiError> {
    record.shown_result().map_err(|error| {
        tracing::error!(invoice.id = %record.id, %error, "a result cannot be shown");
        ApiError::Internal
    })
}

/// Why the document has no result.
pub(crate) fn no_result(record: &StatusRecord) -> ApiError {
    match &record.error {
        Some(error) if record.state == State::Failed => {
            ApiError::ResultFailed { code: error.code.clone() }
        }
        _ => ApiError::ResultPending,
    }
}

/// Which result is meant, of a document whose result people put right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ResultVersion)]
pub(crate) enum Version {
    /// With what was put right.
    #[default]
    Current,
    /// As it was read.
    Original,
}

/// Where the document's pages are.
///
/// # Errors
/// [`ApiError::PagesPending`] or [`ApiError::PagesNeverRead`] where there are none.
pub(crate) fn pages(record: &StatusRecord) -> Result<&ObjectRef, ApiError> {
    record.read_document().ok_or(if record.state == State::Failed {
        ApiError::PagesNeverRead
    } else {
        ApiError::PagesPending
    })
}

/// Finds an object of the work store; nothing of it is read yet.
///
/// # Errors
/// [`ApiError::PagesExpired`] when it is kept no longer.
pub(crate) async fn open(broker: &Broker, object: &ObjectRef) -> Result<ObjectReader, ApiError> {
    broker.open_object(object).await.map_err(|error| unreadable(object, &error))
}

/// Reads the object to its end and makes of it what `work` makes.
///
/// # Errors
/// [`ApiError`]; [`ApiError::Internal`] for bytes written by another version.
pub(crate) async fn read<T: Send + 'static>(
    mut reader: ObjectReader,
    object: &ObjectRef,
    work: impl FnOnce(&[u8]) -> Result<T, StageError> + Send + 'static,
) -> Result<T, ApiError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = reader.next().await.map_err(|error| unreadable(object, &error))? {
        bytes.extend_from_slice(&chunk);
    }
    // Two hundred pages take long enough to hold up every other task of this thread.
    let made = tokio::task::spawn_blocking(move || work(&bytes)).await;
    let made = made.unwrap_or_else(|_| Err(StageError::internal("decode_failed", "a bug")));
    made.map_err(|error| unreadable(object, &error))
}

fn unreadable(object: &ObjectRef, error: &StageError) -> ApiError {
    if error.code == object::MISSING {
        return ApiError::PagesExpired;
    }
    let id = &object.document;
    match error.kind {
        ErrorKind::Transient => tracing::warn!(invoice.id = %id, %error, "pages cannot be read"),
        _ => tracing::error!(invoice.id = %id, %error, "pages cannot be read"),
    }
    ApiError::from(error)
}
