//! What clients are told.

use axum::http::header;
use axum::response::IntoResponse;
use std::time::Duration;

use common::jetstream::publish::Unpublished;

use super::*;
use crate::problem::Problem;

#[test]
fn a_passed_limit_is_named_with_the_value_seen() {
    let problem = Problem::from(&ApiError::DocumentTooLarge { limit: 10, seen: 12 });
    assert_eq!((problem.status, problem.code), (413, "document_too_large"));
    assert_eq!((problem.limit, problem.value), (Some(10), Some(12)));
    assert!(problem.detail.contains("12") && problem.detail.contains("10"));
    assert_eq!(problem.type_uri, "/docs/errors#document_too_large");
}

#[test]
fn a_caller_is_told_what_to_show() {
    let challenge = |error: ApiError| {
        let response = error.into_response();
        let value = response.headers().get(header::WWW_AUTHENTICATE).cloned();
        (response.status().as_u16(), value.map(|v| v.to_str().unwrap().to_owned()))
    };
    let told = |text: &str| Some(format!("Bearer realm=\"invoice-ocr\"{text}"));
    assert_eq!(challenge(ApiError::CredentialsMissing), (401, told("")));
    let invalid = told(", error=\"invalid_token\"");
    assert_eq!(challenge(ApiError::CredentialsInvalid), (401, invalid.clone()));
    assert_eq!(challenge(ApiError::CredentialsExpired), (401, invalid));
    let scope = Scope::DocumentsRead;
    let wanted = told(", error=\"insufficient_scope\", scope=\"documents:read\"");
    assert_eq!(challenge(ApiError::ScopeMissing { scope }), (403, wanted));
    assert_eq!(challenge(ApiError::NotFound), (404, None));
}

#[test]
fn a_client_is_told_when_to_come_back() {
    for error in [ApiError::TooManyUploads { limit: 1 }, ApiError::BrokerAway] {
        let response = error.into_response();
        assert_eq!(response.status(), 503);
        assert!(response.headers().contains_key(header::RETRY_AFTER));
    }
    assert!(!ApiError::NotFound.into_response().headers().contains_key(header::RETRY_AFTER));
}

#[test]
fn a_full_broker_is_told_from_one_that_is_away() {
    let place = Place::Statuses;
    let full = Unpublished::Full { place, reason: "maximum bytes".into() };
    let told = ApiError::from(&full);
    assert_eq!(told, ApiError::BrokerFull { place });
    assert_eq!(told.to_string(), "the store of statuses is full");
    assert!(told.into_response().headers().contains_key(header::RETRY_AFTER));
    let away = Unpublished::Unconfirmed { waited: Duration::ZERO, reason: String::new() };
    assert_eq!(ApiError::from(&away), ApiError::BrokerAway);
}
