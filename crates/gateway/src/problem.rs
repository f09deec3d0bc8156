//! The form of every error answer: RFC 9457 problem details.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use export::{Gap, Why};
use serde::Serialize;
use utoipa::ToSchema;

/// Media type of [`Problem`].
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// What went wrong, for people and for programs. Programs go by `code`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// Relative address of what is written about this kind of problem.
    #[serde(rename = "type")]
    #[schema(example = "/docs/errors#document_too_large")]
    pub type_uri: String,
    /// The kind of problem in a few words; the same for every occurrence.
    #[schema(example = "The document is too large")]
    pub title: &'static str,
    /// HTTP status of the answer.
    #[schema(example = 413)]
    pub status: u16,
    /// This occurrence in one sentence. Never holds content of the document.
    #[schema(
        example = "the upload has 27262976 bytes or more; the limit of a document is 26214400"
    )]
    pub detail: String,
    /// Stable name of the kind of problem.
    #[schema(example = "document_too_large")]
    pub code: &'static str,
    /// The limit that was passed, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 26_214_400, nullable = false)]
    pub limit: Option<u64>,
    /// The value seen; for a body of unknown length as many bytes as had come, at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 27_262_976, nullable = false)]
    pub value: Option<u64>,
    /// Of an export: business terms of EN 16931 that it lacks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub gaps: Vec<GapView>,
}

/// Lines that a gap lists at most: enough to find the pattern, and an answer stays short.
const MAX_GAP_LINES: usize = 20;

/// A business term that keeps a result from being a whole invoice of EN 16931.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Gap)]
pub struct GapView {
    /// Its code, or that of its group.
    #[schema(example = "BT-55")]
    pub term: &'static str,
    /// The standard's name of it.
    #[schema(example = "buyer country code")]
    pub name: &'static str,
    /// `missing`: not stated; `illegal`: stated in a form that the standard does not take; `untold`: the
    /// result has too little of it; `inconsistent`: it contradicts other terms.
    #[schema(example = "missing")]
    pub why: &'static str,
    /// The rule that it breaks, where it is inconsistent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "BR-CO-15", nullable = false)]
    pub rule: Option<&'static str>,
    /// The first lines that it concerns, 1 for the first; none where it concerns the document as a whole.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub lines: Vec<usize>,
}

impl From<&Gap> for GapView {
    fn from(gap: &Gap) -> Self {
        let rule = match gap.why {
            Why::Inconsistent(rule) => Some(rule),
            Why::Missing | Why::Illegal | Why::Untold => None,
        };
        let lines = gap.lines.iter().copied().take(MAX_GAP_LINES).collect();
        Self { term: gap.term, name: gap.name(), why: gap.why.name(), rule, lines }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        // Strings and numbers have a JSON form, always.
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let media_type = HeaderValue::from_static(PROBLEM_JSON);
        (status, [(header::CONTENT_TYPE, media_type)], body).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limit_and_value_are_left_out_where_there_is_none() {
        let problem = Problem {
            type_uri: "/docs/errors#not_found".to_owned(),
            title: "Not found",
            status: 404,
            detail: "no such document".to_owned(),
            code: "not_found",
            limit: None,
            value: None,
            gaps: Vec::new(),
        };
        let json = serde_json::to_value(&problem).unwrap();
        let keys: Vec<_> = json.as_object().unwrap().keys().cloned().collect();
        assert_eq!(keys, ["type", "title", "status", "detail", "code"]);
        let response = problem.into_response();
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert_eq!(response.headers()[header::CONTENT_TYPE], PROBLEM_JSON);
    }
}
