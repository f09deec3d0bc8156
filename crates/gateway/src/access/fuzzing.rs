//! What is shown of oneself, by itself, for the target in `fuzz/`.

use axum::http::HeaderMap;

use common::config::{Jwt, JwtAlgorithm};
use common::key::{ApiKey, Scopes};

use super::credential::{self, Credential};
use super::token::{Tokens, read_any_keys};
use crate::error::ApiError;

/// What a request shows.
#[derive(Debug)]
pub enum Shown<'a> {
    /// An API key, by its form.
    Key(ApiKey),
    /// A token, unread.
    Token(&'a str),
}

/// The one credential in `headers`.
///
/// # Errors
/// As every route answers.
pub fn shown(headers: &HeaderMap) -> Result<Shown<'_>, ApiError> {
    credential::shown(headers).map(|credential| match credential {
        Credential::Key(key) => Shown::Key(key),
        Credential::Token(token) => Shown::Token(token),
    })
}

/// Who holds `token`, which HS256 with `secret` may have signed: tenant, scopes, and what the audit
/// trail says.
///
/// # Errors
/// As every route answers.
pub fn holder(
    token: &str,
    settings: &Jwt,
    secret: &[u8],
) -> Result<(String, Scopes, String), ApiError> {
    let mut settings = settings.clone();
    settings.algorithms = vec![JwtAlgorithm::Hs256];
    let holder = Tokens::signed_with(&settings, secret).check(token)?;
    let actor = serde_json::to_string(&holder.actor).map_err(|_| ApiError::CredentialsInvalid)?;
    Ok((holder.tenant.as_str().to_owned(), holder.scopes, actor))
}

/// Reads `bytes` as each kind of file that may hold keys of tokens.
pub fn key_files(bytes: &[u8]) {
    read_any_keys(bytes);
}
