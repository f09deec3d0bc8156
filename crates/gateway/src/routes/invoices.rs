//! `GET /api/v1/invoices`

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;

use common::status;

use crate::caller::{DocumentsRead, May};
use crate::error::ApiError;
use crate::listing::{self, Filter, Page};
use crate::openapi::{Refusals, TooOften};
use crate::parameter;
use crate::problem::Problem;
use crate::state::App;
use crate::view::{Listed, ListedInvoice};

/// Documents of one answer, and of one that does not say how many: more take longer than a page is read.
const LIMITS: std::ops::RangeInclusive<u64> = 1..=100;
const DEFAULT_LIMIT: u64 = 20;

const A_TIME: &str = "a time as in 2026-11-26T10:00:00Z";
const A_DAY: &str = "a day as in 2026-11-26";

/// What the query may say. Nothing else: a filter with a typing error would be no filter.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// Most documents of one answer; 20 if absent.
    #[param(value_type = Option<u64>, minimum = 1, maximum = 100, example = 50)]
    limit: Option<String>,
    /// `next_cursor` of the answer before, with the same filters.
    cursor: Option<String>,
    /// Where they stand.
    #[param(value_type = Option<crate::view::DocumentState>, example = "completed")]
    state: Option<String>,
    /// Taken then or later.
    #[param(value_type = Option<String>, format = DateTime, example = "2026-01-01T00:00:00Z")]
    received_after: Option<String>,
    /// Taken before.
    #[param(value_type = Option<String>, format = DateTime, example = "2036-01-01T00:00:00Z")]
    received_before: Option<String>,
    /// Issued on this day or later.
    #[param(value_type = Option<String>, format = Date, example = "2025-01-01")]
    issued_after: Option<String>,
    /// Issued before this day.
    #[param(value_type = Option<String>, format = Date, example = "2026-01-01")]
    issued_before: Option<String>,
    /// Part of the seller's name, in any case.
    #[param(example = "simorgh")]
    seller: Option<String>,
    /// The invoice's number, exactly.
    #[param(example = "F25-00731")]
    number: Option<String>,
    /// Whether a person should look at it.
    #[param(value_type = Option<bool>, example = false)]
    review: Option<String>,
}

impl Asked {
    fn filter(&self) -> Result<Filter, ApiError> {
        let a_time = |name, text: &Option<String>| {
            text.as_deref().map(|text| parameter::value(name, text, A_TIME)).transpose()
        };
        let a_day = |name, text: &Option<String>| {
            text.as_deref().map(|text| parameter::value(name, text, A_DAY)).transpose()
        };
        let review = self.review.as_deref();
        let review = review.map(|text| parameter::value("review", text, "true or false"));
        Ok(Filter {
            state: self.state.as_deref().map(state).transpose()?,
            received_after: a_time("received_after", &self.received_after)?,
            received_before: a_time("received_before", &self.received_before)?,
            issued_after: a_day("issued_after", &self.issued_after)?,
            issued_before: a_day("issued_before", &self.issued_before)?,
            seller: self.seller.as_deref().map(str::to_lowercase),
            number: self.number.clone(),
            review: review.transpose()?,
        })
    }
}

fn state(text: &str) -> Result<status::State, ApiError> {
    use status::State::{Completed, Failed, Processing, Queued};
    let states = [Queued, Processing, Completed, Failed];
    let found = states.into_iter().find(|state| state.as_str() == text);
    let expected = "queued, processing, completed or failed";
    found.ok_or(ApiError::ParameterInvalid { name: "state", expected })
}

/// The caller's documents, newest first
///
/// Those that fit all filters; filters on the invoice fit completed documents only. What comes later stands
/// before the cursor, so a list that is read page by page has each document once. A document is listed
/// moments after its upload is answered, and, of very many, those that changed longest ago are not
/// (`gateway.following.max_documents`); their status is there all the same.
#[utoipa::path(
    get,
    path = "/api/v1/invoices",
    tag = "invoices",
    params(Asked),
    responses(
        (
            status = 200,
            description = "Some of them",
            body = Listed,
            headers(("Link" = String, description = "The next page (`rel=\"next\"`), if any")),
        ),
        (
            status = 400,
            description = "The query cannot be read, or has a parameter that there is not",
            body = Problem,
            content_type = "application/problem+json",
        ),
        (
            status = 422,
            description = "A parameter that cannot be used, or a cursor of another list",
            body = Problem,
            content_type = "application/problem+json",
        ),
        (
            status = 503,
            description = "The list is not complete: the service has just started, or the broker \
                does not answer; come back after `Retry-After` seconds",
            body = Problem,
            content_type = "application/problem+json",
        ),
        Refusals,
        TooOften,
    ),
    security(("api_key" = ["documents:read"]), ("bearer" = ["documents:read"])),
)]
pub(crate) async fn invoices(
    State(app): State<Arc<App>>,
    caller: May<DocumentsRead>,
    query: Result<Query<Asked>, QueryRejection>,
    uri: Uri,
) -> Result<Response, ApiError> {
    let Query(asked) = query.map_err(|_| ApiError::QueryInvalid)?;
    let filter = asked.filter()?;
    let limit = asked.limit.as_deref();
    let limit = limit.map_or(Ok(DEFAULT_LIMIT), |text| parameter::number("limit", text, LIMITS))?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let tenant = &caller.tenant;
    let after = asked.cursor.as_deref();
    let after = after
        .map(|cursor| listing::position(cursor, tenant, &filter).ok_or(ApiError::CursorInvalid));
    let after = after.transpose()?;
    let register = &app.register;
    let page = register.list(tenant, after.as_ref(), |found| Page::of(found, &filter, limit))?;
    let next = page.next.and_then(|last| listing::encode(&last, tenant, &filter));
    let items: Vec<_> =
        page.entries.iter().map(|entry| ListedInvoice::from(&entry.digest)).collect();
    if !items.is_empty() {
        app.access.trail().tell_later(caller.listed(items.len()));
    }
    let link = next.as_deref().and_then(|cursor| next_link(&uri, cursor));
    let mut answer = Json(Listed { items, next_cursor: next }).into_response();
    if let Some(link) = link {
        answer.headers_mut().insert(header::LINK, link);
    }
    Ok(answer)
}

/// The same request with another cursor. `None` for a query that is no header's value; clients have the
/// cursor in the answer too.
fn next_link(uri: &Uri, cursor: &str) -> Option<HeaderValue> {
    let parts = uri.query().unwrap_or_default().split('&');
    let kept = parts.filter(|part| !part.is_empty() && !part.starts_with("cursor="));
    let query: String = kept.map(|part| format!("{part}&")).collect();
    let link = format!("<{}?{query}cursor={cursor}>; rel=\"next\"", uri.path());
    HeaderValue::from_str(&link).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_the_same_request_with_another_cursor() {
        let link = |query: &str| {
            let uri = format!("/api/v1/invoices{query}").parse().unwrap();
            next_link(&uri, "00ff").unwrap().to_str().unwrap().to_owned()
        };
        assert_eq!(link(""), "</api/v1/invoices?cursor=00ff>; rel=\"next\"");
        let query = "?cursor=77&seller=caf%C3%A9&limit=2";
        let expected = "</api/v1/invoices?seller=caf%C3%A9&limit=2&cursor=00ff>; rel=\"next\"";
        assert_eq!(link(query), expected);
    }

    #[test]
    fn a_filter_that_cannot_be_read_is_named() {
        let refused = |asked: Asked| match asked.filter() {
            Err(ApiError::ParameterInvalid { name, .. }) => name,
            other => panic!("{other:?}"),
        };
        let bad = || Some("soon".to_owned());
        assert_eq!(refused(Asked { state: bad(), ..Asked::default() }), "state");
        assert_eq!(refused(Asked { review: bad(), ..Asked::default() }), "review");
        assert_eq!(refused(Asked { issued_after: bad(), ..Asked::default() }), "issued_after");
        let name = refused(Asked { received_before: bad(), ..Asked::default() });
        assert_eq!(name, "received_before");
        let good = Asked {
            received_after: Some("2026-11-26T10:00:00+01:00".to_owned()),
            seller: Some("CAFÉ".to_owned()),
            ..Asked::default()
        };
        let filter = good.filter().unwrap();
        assert_eq!(filter.received_after, Some("2026-11-26T09:00:00Z".parse().unwrap()));
        assert_eq!(filter.seller.as_deref(), Some("café"));
    }
}
