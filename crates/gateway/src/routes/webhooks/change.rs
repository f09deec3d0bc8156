//! `PATCH /api/v1/webhooks/{webhook}`

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

use common::audit::{Action, Outcome};
use common::webhook::EndpointState;

use crate::caller::{May, WebhooksManage};
use crate::error::{ApiError, WebhookError};
use crate::json;
use crate::openapi::{AbsentWebhook, NoRoom, OfWebhook, Refusals, SmallJson, TooOften};
use crate::problem::Problem;
use crate::state::App;
use crate::view::webhooks::WebhookView;

use super::{described, failed, kinds, looked_at, named, of_caller};

/// What to change; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"description": "accounting", "enabled": true}))]
struct WebhookChange {
    /// Where events are sent from now on, also those that wait.
    url: Option<String>,
    /// What you call it; empty for no name.
    description: Option<String>,
    /// Kinds of events to send; empty for all.
    kinds: Option<Vec<String>>,
    /// `true` sends events, also to a webhook that was given up; `false` pauses.
    enabled: Option<bool>,
}

/// Changes a webhook, pauses it, or enables it again
///
/// What was not sent while it was paused or disabled is in its deliveries as `skipped`, and can be replayed.
#[utoipa::path(
    patch,
    path = "/api/v1/webhooks/{webhook}",
    tag = "webhooks",
    params(OfWebhook),
    request_body(content = WebhookChange, content_type = "application/json"),
    responses(
        (status = 200, description = "Changed", body = WebhookView),
        SmallJson,
        AbsentWebhook,
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
pub(crate) async fn change_webhook(
    State(app): State<Arc<App>>,
    caller: May<WebhooksManage>,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Json<WebhookView>, ApiError> {
    let id = named(id)?;
    let (broker, tenant) = (&app.accepting, &caller.tenant);
    let endpoint = of_caller(&app, &caller, &id).await?;
    let asked: WebhookChange = json::read(request).await?;
    let url = match asked.url.as_deref() {
        Some(_) if endpoint.url.is_none() => {
            let expected = "absent: this webhook is for addresses that uploads bring";
            return Err(WebhookError::FieldInvalid { name: "url", expected }.into());
        }
        Some(url) => Some(looked_at(&app, url).await?),
        None => None,
    };
    let description = asked.description.as_deref().map(described).transpose()?;
    let kinds = asked.kinds.as_deref().map(kinds).transpose()?;
    if asked.enabled == Some(true) {
        // Before it is enabled: the failures of before do not count against it.
        broker.forget_health(tenant, &id).await.map_err(|error| failed(&error))?;
    }
    let changed = broker.change_endpoint(tenant, &id, |endpoint| {
        if url.is_some() {
            endpoint.url.clone_from(&url);
        }
        if let Some(description) = &description {
            endpoint.description.clone_from(description);
        }
        if let Some(kinds) = &kinds {
            endpoint.kinds = kinds.clone();
        }
        match asked.enabled {
            Some(true) => endpoint.state = EndpointState::Enabled,
            // One that was given up stays so, with the reason.
            Some(false) if endpoint.is_enabled() => endpoint.state = EndpointState::Paused,
            Some(false) | None => {}
        }
    });
    let changed = changed.await.map_err(|error| failed(&error))?.ok_or(WebhookError::NotFound)?;
    let told = caller.did_to_webhook(Action::WebhookChanged, &id, Outcome::Done);
    app.access.trail().tell(&told).await?;
    Ok(Json(WebhookView::of(&changed, Timestamp::now())))
}
