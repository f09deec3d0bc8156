//! `POST /api/v1/webhooks/{webhook}/secret`

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use jiff::Timestamp;

use common::audit::{Action, Outcome};
use common::webhook::Secret;

use crate::caller::{May, WebhooksManage};
use crate::error::{ApiError, WebhookError};
use crate::openapi::{AbsentWebhook, NoRoom, OfWebhook, Refusals, TooOften};
use crate::state::App;
use crate::view::webhooks::{WebhookView, WebhookWithSecret};

use super::create::no_randomness;
use super::{failed, named};

/// Exchanges the secret of a webhook
///
/// The answer has the new one, which is not shown again. For a day each sending has a signature with either, so a
/// receiver that knows one of them goes on.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{webhook}/secret",
    tag = "webhooks",
    params(OfWebhook),
    responses(
        (status = 200, description = "Exchanged", body = WebhookWithSecret),
        AbsentWebhook,
        NoRoom,
        Refusals,
        TooOften,
    ),
    security(("api_key" = ["webhooks:manage"]), ("bearer" = ["webhooks:manage"])),
)]
pub(crate) async fn exchange_secret(
    State(app): State<Arc<App>>,
    caller: May<WebhooksManage>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<WebhookWithSecret>, ApiError> {
    let id = named(id)?;
    let secret = Secret::generate().map_err(no_randomness)?;
    let now = Timestamp::now();
    let changed = app.accepting.change_endpoint(&caller.tenant, &id, |endpoint| {
        endpoint.rotate(secret.clone(), now);
    });
    let changed = changed.await.map_err(|error| failed(&error))?.ok_or(WebhookError::NotFound)?;
    let told = caller.did_to_webhook(Action::WebhookChanged, &id, Outcome::Done);
    app.access.trail().tell(&told).await?;
    let webhook = WebhookView::of(&changed, now);
    Ok(Json(WebhookWithSecret { webhook, secret: secret.reveal() }))
}
