//! The id that follows a request through every stage's log.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

/// Carries the id in both directions.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest id taken from a client: it becomes a message header and a field of every log line.
const MAX_LEN: usize = 128;

/// The request's id: the client's if it is harmless in logs and headers, else a new one.
#[derive(Clone, Debug)]
pub(crate) struct CorrelationId(pub(crate) String);

/// Gives the request its id and the answer the same.
pub(crate) async fn correlate(mut request: Request, next: Next) -> Response {
    let id = given(request.headers()).unwrap_or_else(|| nuid::next().to_string());
    request.extensions_mut().insert(CorrelationId(id.clone()));
    let mut response = next.run(request).await;
    if let Ok(value) = HeaderValue::try_from(id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

fn given(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    ((1..=MAX_LEN).contains(&id.len()) && id.bytes().all(legal)).then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(value: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(REQUEST_ID, HeaderValue::from_str(value).unwrap());
        given(&headers)
    }

    #[test]
    fn only_ids_that_are_harmless_in_a_log_are_taken_over() {
        assert_eq!(taken("order-7_B.2").as_deref(), Some("order-7_B.2"));
        assert_eq!(taken(&"a".repeat(MAX_LEN)).map(|id| id.len()), Some(MAX_LEN));
        for bad in ["", "a b", "a\"b", "a:b", &"a".repeat(MAX_LEN + 1)] {
            assert_eq!(taken(bad), None, "{bad}");
        }
    }
}
