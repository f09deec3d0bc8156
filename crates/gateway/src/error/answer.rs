//! An error as an answer: problem details, and the headers that go with them.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use export::Gap;

use super::kind::Kind;
use super::{ApiError, ERRORS_PAGE};
use crate::problem::{GapView, Problem};

/// How a client may show who it is.
const CHALLENGE: &str = "Bearer realm=\"invoice-ocr\"";

impl ApiError {
    /// What a client has to show instead (RFC 6750), where showing something else helps.
    fn challenge(&self) -> Option<String> {
        match self {
            Self::CredentialsMissing => Some(CHALLENGE.to_owned()),
            Self::CredentialsInvalid | Self::CredentialsExpired => {
                Some(format!("{CHALLENGE}, error=\"invalid_token\""))
            }
            Self::ScopeMissing { scope } => {
                Some(format!("{CHALLENGE}, error=\"insufficient_scope\", scope=\"{scope}\""))
            }
            _ => None,
        }
    }
}

/// The terms by their codes, each once.
pub(super) fn listed(gaps: &[Gap]) -> String {
    let mut terms: Vec<&str> = Vec::new();
    for gap in gaps {
        if !terms.contains(&gap.term) {
            terms.push(gap.term);
        }
    }
    terms.join(", ")
}

impl From<&ApiError> for Problem {
    fn from(error: &ApiError) -> Self {
        let &Kind { code, status, title, .. } = error.kind();
        let (limit, value) = error.bounds();
        let type_uri = format!("{ERRORS_PAGE}#{code}");
        let gaps = match error {
            ApiError::ExportIncomplete { gaps, .. } => gaps.iter().map(GapView::from).collect(),
            _ => Vec::new(),
        };
        Self { type_uri, title, status, detail: error.to_string(), code, limit, value, gaps }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = Problem::from(&self).into_response();
        // Scopes are ASCII, so the challenge is a legal header value.
        if let Some(Ok(challenge)) = self.challenge().map(HeaderValue::try_from) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        if let Some(pause) = self.retry_after() {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(pause.as_secs()));
        }
        response
    }
}
