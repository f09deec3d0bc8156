//! Bodies of JSON, which are small.

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use mime::Mime;
use serde::de::DeserializeOwned;

use crate::error::ApiError;

/// Bytes of a body: a URL, and some words beside it.
const MAX_BYTES: usize = 16 * 1024;

/// Whether a Content-Type names JSON.
pub(crate) fn is_json(declared: &HeaderValue) -> bool {
    let declared: Option<Mime> = declared.to_str().ok().and_then(|value| value.parse().ok());
    declared.is_some_and(|declared| declared.essence_str() == mime::APPLICATION_JSON.as_ref())
}

/// Reads the body of `request`. What it was is never quoted: it may hold a secret.
///
/// # Errors
/// [`ApiError::NotJson`], [`ApiError::BodyTooLarge`], [`ApiError::JsonMalformed`].
pub(crate) async fn read<T: DeserializeOwned>(request: Request) -> Result<T, ApiError> {
    if !request.headers().get(header::CONTENT_TYPE).is_some_and(is_json) {
        return Err(ApiError::NotJson);
    }
    let too_large = |_| ApiError::BodyTooLarge { limit: MAX_BYTES as u64 };
    let bytes = to_bytes(request.into_body(), MAX_BYTES).await.map_err(too_large)?;
    serde_json::from_slice(&bytes).map_err(|error| ApiError::JsonMalformed {
        line: error.line().max(1),
        column: error.column().max(1),
    })
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use serde_json::Value;

    use super::*;

    async fn sent(media_type: &str, body: String) -> Result<Value, ApiError> {
        let request = Request::builder().header(header::CONTENT_TYPE, media_type);
        read(request.body(Body::from(body)).unwrap()).await
    }

    #[tokio::test]
    async fn only_json_of_a_sensible_size_is_read() {
        let good = "{\"a\": 1}".to_owned();
        assert!(sent("application/json; charset=utf-8", good.clone()).await.is_ok());
        assert_eq!(sent("text/plain", good).await, Err(ApiError::NotJson));
        let huge = format!("\"{}\"", "x".repeat(MAX_BYTES));
        let limit = MAX_BYTES as u64;
        assert_eq!(sent("application/json", huge).await, Err(ApiError::BodyTooLarge { limit }));
        let broken = sent("application/json", "{\"secret\": }".to_owned()).await.unwrap_err();
        assert!(!broken.to_string().contains("secret") && broken.to_string().contains("column"));
    }
}
