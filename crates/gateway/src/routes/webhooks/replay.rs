//! `POST /api/v1/webhooks/{webhook}/deliveries/{delivery}/replay`

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;

use common::audit::{Action, Outcome};
use common::jetstream::webhooks::log::Replayed;
use common::webhook::{DeliveryId, EndpointId};

use crate::caller::{May, WebhooksManage};
use crate::error::{ApiError, WebhookError};
use crate::openapi::{Absent, NoRoom, OfWebhook, Refusals, TooOften};
use crate::problem::Problem;
use crate::state::App;
use crate::view::webhooks::DeliveryView;

use super::{failed, of_caller};

/// Sends an event to a webhook once more
///
/// Under the same `webhook-id`, with all attempts anew, whatever became of it before.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{webhook}/deliveries/{delivery}/replay",
    tag = "webhooks",
    params(
        OfWebhook,
        (
            "delivery" = String,
            Path,
            description = "The delivery's id, which is its webhook-id",
            example = "dlv_0123456789abcdef0123456789abcdef",
        ),
    ),
    responses(
        (status = 202, description = "Queued", body = DeliveryView),
        Absent,
        (
            status = 410,
            description = "The event is kept no longer, or was removed with its document",
            body = Problem,
            content_type = "application/problem+json",
        ),
        NoRoom,
        Refusals,
        TooOften,
    ),
    security(("api_key" = ["webhooks:manage"]), ("bearer" = ["webhooks:manage"])),
)]
pub(crate) async fn replay_delivery(
    State(app): State<Arc<App>>,
    caller: May<WebhooksManage>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<(StatusCode, Json<DeliveryView>), ApiError> {
    let Path((webhook, delivery)) = path.map_err(|_| WebhookError::NotFound)?;
    let webhook: EndpointId = webhook.parse().map_err(|_| WebhookError::NotFound)?;
    let (broker, tenant) = (&app.accepting, &caller.tenant);
    of_caller(&app, &caller, &webhook).await?;
    let delivery: DeliveryId = delivery.parse().map_err(|_| WebhookError::DeliveryNotFound)?;
    let replayed = broker.replay_delivery(tenant, &webhook, &delivery).await;
    match replayed.map_err(|error| failed(&error))? {
        Replayed::Queued(delivery) => {
            let told = caller.did_to_webhook(Action::WebhookReplayed, &webhook, Outcome::Done);
            app.access.trail().tell(&told).await?;
            Ok((StatusCode::ACCEPTED, Json(DeliveryView::from(&*delivery))))
        }
        Replayed::EventGone => Err(WebhookError::EventGone.into()),
        Replayed::NotFound => Err(WebhookError::DeliveryNotFound.into()),
    }
}
