//! The form of every error answer: RFC 9457 problem details.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
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
        };
        let json = serde_json::to_value(&problem).unwrap();
        let keys: Vec<_> = json.as_object().unwrap().keys().cloned().collect();
        assert_eq!(keys, ["type", "title", "status", "detail", "code"]);
        let response = problem.into_response();
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert_eq!(response.headers()[header::CONTENT_TYPE], PROBLEM_JSON);
    }
}
