//! `DELETE /api/v1/webhooks/{webhook}`

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;

use common::audit::{Action, Outcome};

use crate::caller::{May, WebhooksManage};
use crate::error::{ApiError, WebhookError};
use crate::openapi::{OfWebhook, Refusals, Silent, TooOften};
use crate::problem::Problem;
use crate::state::App;

use super::{failed, named};

/// Removes a webhook, what waits to be sent to it, and its deliveries
#[utoipa::path(
    delete,
    path = "/api/v1/webhooks/{webhook}",
    tag = "webhooks",
    params(OfWebhook),
    responses(
        (status = 204, description = "Nothing is left of it"),
        (
            status = 404,
            description = "Unknown, removed before, or somebody else's",
            body = Problem,
            content_type = "application/problem+json",
        ),
        Silent,
        Refusals,
        TooOften,
    ),
    security(("api_key" = ["webhooks:manage"]), ("bearer" = ["webhooks:manage"])),
)]
pub(crate) async fn remove_webhook(
    State(app): State<Arc<App>>,
    caller: May<WebhooksManage>,
    id: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, ApiError> {
    let id = named(id)?;
    let removed = app.accepting.remove_endpoint(&caller.tenant, &id).await;
    let was_there = removed.map_err(|error| failed(&error))?;
    let outcome = if was_there { Outcome::Done } else { Outcome::NotFound };
    app.access.trail().tell(&caller.did_to_webhook(Action::WebhookRemoved, &id, outcome)).await?;
    if !was_there {
        return Err(WebhookError::NotFound.into());
    }
    tracing::info!(webhook = %id, "webhook removed");
    Ok(StatusCode::NO_CONTENT)
}
