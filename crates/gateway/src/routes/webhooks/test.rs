//! `POST /api/v1/webhooks/{webhook}/test`

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use jiff::Timestamp;

use common::jetstream::webhooks::send_test;
use common::webhook::{Attempt, Said};

use crate::caller::{May, WebhooksManage};
use crate::error::{ApiError, WebhookError};
use crate::openapi::{AbsentWebhook, OfWebhook, Refusals, Silent, TooOften};
use crate::problem::Problem;
use crate::state::App;
use crate::view::webhooks::{AttemptView, Tested};

use super::{named, of_caller};

/// Sends a test to a webhook and says what came of it
///
/// Signed as events are, with `ce-type: webhook.test`; once, at once, and also to a webhook that is paused. Nothing of it is
/// stored, and it changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{webhook}/test",
    tag = "webhooks",
    params(OfWebhook),
    responses(
        (status = 200, description = "Sent, or tried to", body = Tested),
        AbsentWebhook,
        (
            status = 422,
            description = "It has no URL of its own: it is for addresses that uploads bring",
            body = Problem,
            content_type = "application/problem+json",
        ),
        Silent,
        Refusals,
        TooOften,
    ),
    security(("api_key" = ["webhooks:manage"]), ("bearer" = ["webhooks:manage"])),
)]
pub(crate) async fn test_webhook(
    State(app): State<Arc<App>>,
    caller: May<WebhooksManage>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<Tested>, ApiError> {
    let id = named(id)?;
    let endpoint = of_caller(&app, &caller, &id).await?;
    let expected = "there: this webhook is for addresses that uploads bring";
    let url = endpoint.url.as_deref();
    let url = url.ok_or(WebhookError::FieldInvalid { name: "url", expected })?;
    let at = Timestamp::now();
    let (answer, took) = send_test(&app.caller, &endpoint, url).await;
    let said = match answer {
        Ok(answer) => Said::Status(answer.status),
        Err(error) => Said::Error(error.code().to_owned()),
    };
    let taken = said.is_taken();
    let duration_ms = u64::try_from(took.as_millis()).ok();
    let attempt = Attempt { at, duration_ms, said: Some(said) };
    Ok(Json(Tested { taken, attempt: AttemptView::from(&attempt) }))
}
