//! `GET /api/v1/webhooks` and `GET /api/v1/webhooks/{webhook}`

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use jiff::Timestamp;

use crate::caller::{May, WebhooksManage};
use crate::error::ApiError;
use crate::openapi::{AbsentWebhook, OfWebhook, Refusals, Silent, TooOften};
use crate::state::App;
use crate::view::webhooks::{WebhookView, WebhookWithHealth, Webhooks};

use super::{failed, named, of_caller};

/// The caller's webhooks
#[utoipa::path(
    get,
    path = "/api/v1/webhooks",
    tag = "webhooks",
    responses(
        (status = 200, description = "All of them, oldest first", body = Webhooks),
        Silent,
        Refusals,
        TooOften,
    ),
    security(("api_key" = ["webhooks:manage"]), ("bearer" = ["webhooks:manage"])),
)]
pub(crate) async fn webhooks(
    State(app): State<Arc<App>>,
    caller: May<WebhooksManage>,
) -> Result<Json<Webhooks>, ApiError> {
    let endpoints = app.accepting.endpoints_of(&caller.tenant).await;
    let endpoints = endpoints.map_err(|error| failed(&error))?;
    let now = Timestamp::now();
    let items = endpoints.iter().map(|endpoint| WebhookView::of(endpoint, now)).collect();
    Ok(Json(Webhooks { items }))
}

/// One webhook, and how it fares
#[utoipa::path(
    get,
    path = "/api/v1/webhooks/{webhook}",
    tag = "webhooks",
    params(OfWebhook),
    responses(
        (status = 200, description = "As it stands", body = WebhookWithHealth),
        AbsentWebhook,
        Silent,
        Refusals,
        TooOften,
    ),
    security(("api_key" = ["webhooks:manage"]), ("bearer" = ["webhooks:manage"])),
)]
pub(crate) async fn webhook(
    State(app): State<Arc<App>>,
    caller: May<WebhooksManage>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<WebhookWithHealth>, ApiError> {
    let id = named(id)?;
    let (broker, tenant) = (&app.accepting, &caller.tenant);
    let endpoint = of_caller(&app, &caller, &id).await?;
    let health = broker.health_of(tenant, &id).await.map_err(|error| failed(&error))?;
    let webhook = WebhookView::of(&endpoint, Timestamp::now());
    Ok(Json(WebhookWithHealth { webhook, health: health.into() }))
}
