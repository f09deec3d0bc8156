//! `POST /api/v1/webhooks`

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

use common::audit::{Action, Outcome};
use common::webhook::{Endpoint, EndpointId, NewEndpoint, Secret, SecretError};

use crate::caller::{May, WebhooksManage};
use crate::error::{ApiError, WebhookError};
use crate::json;
use crate::openapi::{NoRoom, Refusals, SmallJson, TooOften};
use crate::problem::Problem;
use crate::state::App;
use crate::view::webhooks::{WebhookView, WebhookWithSecret, webhook_path};

use super::{described, failed, kinds, looked_at};

/// Webhooks of one tenant: each event makes one delivery for each of them.
const MAX_WEBHOOKS: usize = 20;

/// A new webhook.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"url": "https://example.org/invoices", "kinds": ["invoice.extracted", "invoice.failed"]}))]
#[serde(deny_unknown_fields)]
struct NewWebhook {
    /// Where events are sent: `https`, on a public address and an ordinary port, where the operator allows no others.
    #[schema(example = "https://example.org/invoices")]
    url: Option<String>,
    /// `true` for the webhook of addresses that uploads bring themselves, which has no `url`.
    #[serde(default)]
    uploads: bool,
    /// What you call it; at most 200 characters.
    description: Option<String>,
    /// Kinds of events to send; none or absent for all, also those that there are not yet.
    #[serde(default)]
    #[schema(example = json!(["invoice.extracted", "invoice.failed"]))]
    kinds: Vec<String>,
}

/// Makes a webhook
///
/// It gets the events that are stored from then on, signed with the `secret` of the answer, which is not shown again
/// (Standard Webhooks; how to check: the documentation's page on webhooks).
#[utoipa::path(
    post,
    path = "/api/v1/webhooks",
    tag = "webhooks",
    request_body(content = NewWebhook, content_type = "application/json"),
    responses(
        (
            status = 201,
            description = "Made",
            body = WebhookWithSecret,
            headers(("Location" = String, description = "Address of the webhook")),
        ),
        SmallJson,
        (
            status = 409,
            description = "There are too many, or there is one for uploads already",
            body = Problem,
            content_type = "application/problem+json",
        ),
        (
            status = 422,
            description = "A URL that is not called, or a field that cannot be used",
            body = Problem,
            content_type = "application/problem+json",
        ),
        NoRoom,
        Refusals,
        TooOften,
    ),
    security(("api_key" = ["webhooks:manage"]), ("bearer" = ["webhooks:manage"])),
)]
pub(crate) async fn create_webhook(
    State(app): State<Arc<App>>,
    caller: May<WebhooksManage>,
    request: Request,
) -> Result<Response, ApiError> {
    let asked: NewWebhook = json::read(request).await?;
    let url = match (&asked.url, asked.uploads) {
        (Some(url), false) => Some(looked_at(&app, url).await?),
        (None, true) => None,
        _ => {
            let expected = "there, or uploads true; not both";
            return Err(WebhookError::FieldInvalid { name: "url", expected }.into());
        }
    };
    let new = NewEndpoint {
        tenant: caller.tenant.clone(),
        url,
        description: described(asked.description.as_deref().unwrap_or_default())?,
        kinds: kinds(&asked.kinds)?,
    };
    let broker = &app.accepting;
    let there = broker.endpoints_of(&caller.tenant).await.map_err(|error| failed(&error))?;
    if there.len() >= MAX_WEBHOOKS {
        return Err(WebhookError::TooMany { limit: MAX_WEBHOOKS as u64 }.into());
    }
    if new.url.is_none() && there.iter().any(|endpoint| endpoint.url.is_none()) {
        return Err(WebhookError::UploadsTaken.into());
    }
    let secret = Secret::generate().map_err(no_randomness)?;
    let shown = secret.reveal();
    let now = Timestamp::now();
    let events_after = broker.last_event().await.map_err(|error| failed(&error))?;
    let id = EndpointId::generate().map_err(no_randomness)?;
    let endpoint = Endpoint::new(id, secret, new, events_after, now);
    broker.create_endpoint(&endpoint).await.map_err(|error| failed(&error))?;
    let told = caller.did_to_webhook(Action::WebhookCreated, &endpoint.id, Outcome::Done);
    if let Err(error) = app.access.trail().tell(&told).await {
        // Whoever is told to come back makes another one, and nobody knows the secret of this one.
        let removed = broker.remove_endpoint(&caller.tenant, &endpoint.id).await;
        tracing::warn!(webhook = %endpoint.id, ?removed, "a webhook that the trail was not told of is removed");
        return Err(error);
    }
    tracing::info!(webhook = %endpoint.id, "webhook made");
    let view = WebhookWithSecret { webhook: WebhookView::of(&endpoint, now), secret: shown };
    let mut response = (StatusCode::CREATED, Json(view)).into_response();
    // An id is hexadecimal, so the path is a legal header value.
    if let Ok(location) = HeaderValue::try_from(webhook_path(&endpoint.id)) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

pub(super) fn no_randomness(error: SecretError) -> ApiError {
    tracing::error!(%error, "a secret cannot be made");
    ApiError::Internal
}
