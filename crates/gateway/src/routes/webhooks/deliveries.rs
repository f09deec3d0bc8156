//! `GET /api/v1/webhooks/{webhook}/deliveries`

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use utoipa::IntoParams;

use common::jetstream::webhooks::log::Position;
use common::webhook::DeliveryState;

use crate::caller::{May, WebhooksManage};
use crate::error::ApiError;
use crate::openapi::{AbsentWebhook, OfWebhook, Refusals, Silent, TooOften};
use crate::parameter;
use crate::problem::Problem;
use crate::state::App;
use crate::view::webhooks::{Deliveries, DeliveryView};

use super::{failed, named, of_caller};

/// Deliveries of one answer, and of one that does not say how many.
const LIMITS: std::ops::RangeInclusive<u64> = 1..=100;
const DEFAULT_LIMIT: u64 = 20;

/// What the query may say.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// Most deliveries of one answer; 20 if absent.
    #[param(value_type = Option<u64>, minimum = 1, maximum = 100)]
    limit: Option<String>,
    /// `next_cursor` of the answer before.
    cursor: Option<String>,
    /// Where they stand.
    #[param(value_type = Option<crate::view::webhooks::DeliveryStateView>)]
    state: Option<String>,
}

fn state(text: &str) -> Result<DeliveryState, ApiError> {
    use DeliveryState::{Delivered, Failed, Pending, Skipped};
    let states = [Pending, Delivered, Failed, Skipped];
    let found = states.into_iter().find(|state| state.as_str() == text);
    let expected = "pending, delivered, failed or skipped";
    found.ok_or(ApiError::ParameterInvalid { name: "state", expected })
}

/// What was sent to a webhook, newest first
///
/// Kept for 7 days, as events are, and without what was sent: that is the event, which the document's status has, too.
#[utoipa::path(
    get,
    path = "/api/v1/webhooks/{webhook}/deliveries",
    tag = "webhooks",
    params(OfWebhook, Asked),
    responses(
        (status = 200, description = "Some of them", body = Deliveries),
        (
            status = 400,
            description = "The query cannot be read, or has a parameter that there is not",
            body = Problem,
            content_type = "application/problem+json",
        ),
        AbsentWebhook,
        (
            status = 422,
            description = "A parameter that cannot be used, or a cursor of another list",
            body = Problem,
            content_type = "application/problem+json",
        ),
        Silent,
        Refusals,
        TooOften,
    ),
    security(("api_key" = ["webhooks:manage"]), ("bearer" = ["webhooks:manage"])),
)]
pub(crate) async fn deliveries(
    State(app): State<Arc<App>>,
    caller: May<WebhooksManage>,
    id: Result<Path<String>, PathRejection>,
    query: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<Deliveries>, ApiError> {
    let id = named(id)?;
    let Query(asked) = query.map_err(|_| ApiError::QueryInvalid)?;
    let limit = asked.limit.as_deref();
    let limit = limit.map_or(Ok(DEFAULT_LIMIT), |text| parameter::number("limit", text, LIMITS))?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let state = asked.state.as_deref().map(state).transpose()?;
    let before: Option<Position> = match asked.cursor.as_deref() {
        Some(cursor) => Some(cursor.parse().map_err(|_| ApiError::CursorInvalid)?),
        None => None,
    };
    let (broker, tenant) = (&app.accepting, &caller.tenant);
    of_caller(&app, &caller, &id).await?;
    let page = broker.deliveries_of(tenant, &id, before.as_ref(), state, limit).await;
    let page = page.map_err(|error| failed(&error))?;
    let items = page.deliveries.iter().map(DeliveryView::from).collect();
    Ok(Json(Deliveries { items, next_cursor: page.next.map(|next| next.to_string()) }))
}
