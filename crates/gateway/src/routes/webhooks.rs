//! `/api/v1/webhooks`: where a tenant wants its events sent, and what was sent there.

pub(crate) mod change;
pub(crate) mod create;
pub(crate) mod deliveries;
pub(crate) mod list;
pub(crate) mod remove;
pub(crate) mod replay;
pub(crate) mod secret;
pub(crate) mod test;

use axum::extract::Path;
use axum::extract::rejection::PathRejection;

use common::error::StageError;
use common::webhook::{Endpoint, EndpointId, Kinds};

use crate::caller::Caller;
use crate::error::{ApiError, WebhookError};
use crate::state::App;

/// Longest description, characters: a line.
const MAX_DESCRIPTION: usize = 200;

/// The webhook that the path names. An id of another form names nothing, like any other unknown one.
fn named(id: Result<Path<String>, PathRejection>) -> Result<EndpointId, ApiError> {
    let Path(id) = id.map_err(|_| WebhookError::NotFound)?;
    Ok(id.parse().map_err(|_| WebhookError::NotFound)?)
}

/// The caller's webhook of this id.
///
/// # Errors
/// [`WebhookError::NotFound`], also for another tenant's; [`ApiError::BrokerAway`].
async fn of_caller(app: &App, caller: &Caller, id: &EndpointId) -> Result<Endpoint, ApiError> {
    let endpoint = app.accepting.endpoint(&caller.tenant, id).await;
    Ok(endpoint.map_err(|error| failed(&error))?.ok_or(WebhookError::NotFound)?)
}

/// Looks whether `url` may be called, and gives it the form in which it is kept.
pub(crate) async fn looked_at(app: &App, url: &str) -> Result<String, ApiError> {
    let target = app.caller.look_at(url).await.map_err(WebhookError::UrlRefused)?;
    Ok(target.url().to_string())
}

/// A description as it is kept; an empty one is none.
fn described(text: &str) -> Result<Option<String>, ApiError> {
    let text = text.trim();
    if text.chars().count() > MAX_DESCRIPTION || text.chars().any(char::is_control) {
        let expected = "one line of at most 200 characters";
        return Err(WebhookError::FieldInvalid { name: "description", expected }.into());
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

fn kinds(names: &[String]) -> Result<Kinds, ApiError> {
    let invalid = |_| WebhookError::FieldInvalid { name: "kinds", expected: "kinds of events" };
    Ok(Kinds::parse(names.iter().map(String::as_str)).map_err(invalid)?)
}

/// What a client is told when the broker could not be asked; the log has more.
fn failed(error: &StageError) -> ApiError {
    let answer = ApiError::from(error);
    tracing::warn!(%error, "webhooks cannot be asked for");
    answer
}
