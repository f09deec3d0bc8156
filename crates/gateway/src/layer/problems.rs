//! Errors that no handler made (unknown address, wrong method, a panic) in the same form as ours.

use std::any::Any;

use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::error::ApiError;
use crate::problem::PROBLEM_JSON;

/// Turns an error answer that is not a problem into one. Its headers (`Allow`) stay.
pub(crate) async fn as_problem(response: Response) -> Response {
    let status = response.status();
    let is_problem =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|value| value == PROBLEM_JSON);
    if is_problem || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let error = match status.as_u16() {
        404 => ApiError::RouteNotFound,
        405 => ApiError::MethodNotAllowed,
        400..500 => ApiError::BadRequest,
        _ => ApiError::Internal,
    };
    let allow = response.headers().get(header::ALLOW).cloned();
    let mut problem = error.into_response();
    if let Some(allow) = allow {
        problem.headers_mut().insert(header::ALLOW, allow);
    }
    problem
}

/// Answers for a handler that panicked. The message stays out of answer and log: it may quote
/// what was being parsed. Where it happened is on stderr, from the panic hook.
pub(crate) fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a handler panicked");
    ApiError::Internal.into_response()
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use axum::middleware::map_response;
    use axum::routing::get;
    use tower::ServiceExt;
    use tower_http::catch_panic::CatchPanicLayer;

    use super::*;

    async fn explode() -> Response {
        panic!("quotes the document")
    }

    #[tokio::test]
    async fn a_panic_is_a_problem_that_quotes_nothing() {
        let service = Router::new()
            .route("/", get(explode))
            .layer(CatchPanicLayer::custom(panicked))
            .layer(map_response(as_problem));
        let response = service.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(response.status(), 500);
        assert_eq!(response.headers()[header::CONTENT_TYPE], PROBLEM_JSON);
        let body = to_bytes(response.into_body(), 10_000).await.unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert!(text.contains("\"internal\"") && !text.contains("quotes"), "{text}");
    }
}
