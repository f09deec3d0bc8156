//! What a client shows of itself: an API key or a token.

use axum::http::{HeaderMap, HeaderName, header};

use common::key::{ApiKey, PREFIX};

use crate::error::ApiError;

/// For clients that cannot set `Authorization`.
pub(crate) const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// The one scheme of `Authorization` that is taken.
const BEARER: &str = "bearer";

/// Longest token that is looked at, bytes: those of large issuers have two thousand.
const MAX_TOKEN_BYTES: usize = 8192;

/// What was shown; nothing of it is believed yet.
#[derive(Debug)]
pub(super) enum Credential<'a> {
    Key(ApiKey),
    Token(&'a str),
}

/// The one credential of a request, from `Authorization: Bearer` or `X-API-Key`.
///
/// # Errors
/// [`ApiError::CredentialsMissing`] where there is none; [`ApiError::CredentialsInvalid`] for several, for
/// another scheme, and for what is no key by its form: two readers of one request must not disagree on
/// who sent it.
pub(super) fn shown(headers: &HeaderMap) -> Result<Credential<'_>, ApiError> {
    let mut given = headers
        .get_all(header::AUTHORIZATION)
        .iter()
        .map(|value| (true, value))
        .chain(headers.get_all(API_KEY).iter().map(|value| (false, value)));
    let (bears, value) = given.next().ok_or(ApiError::CredentialsMissing)?;
    if given.next().is_some() {
        return Err(ApiError::CredentialsInvalid);
    }
    let value = value.to_str().map_err(|_| ApiError::CredentialsInvalid)?;
    let text = match bears {
        true => bearer(value).ok_or(ApiError::CredentialsInvalid)?,
        false => value.trim(),
    };
    if text.len() > MAX_TOKEN_BYTES {
        return Err(ApiError::CredentialsInvalid);
    }
    if bears && !text.starts_with(PREFIX) {
        return Ok(Credential::Token(text));
    }
    text.parse().map(Credential::Key).map_err(|_| ApiError::CredentialsInvalid)
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, rest) = value.trim().split_once(' ')?;
    let rest = rest.trim_start();
    (scheme.eq_ignore_ascii_case(BEARER) && !rest.is_empty() && !rest.contains(' ')).then_some(rest)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(given: &[(&HeaderName, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in given {
            headers.append((*name).clone(), HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn a_key_may_stand_in_either_header() {
        let key = ApiKey::generate().unwrap();
        for given in [
            (&API_KEY, key.reveal()),
            (&header::AUTHORIZATION, format!("Bearer {}", key.reveal())),
            (&header::AUTHORIZATION, format!("bearer  {}", key.reveal())),
        ] {
            let headers = headers(&[(given.0, &given.1)]);
            let Ok(Credential::Key(seen)) = shown(&headers) else { panic!("{}", given.0) };
            assert_eq!(seen.id(), key.id());
        }
        let token = headers(&[(&header::AUTHORIZATION, "Bearer a.b.c")]);
        assert!(matches!(shown(&token), Ok(Credential::Token("a.b.c"))));
    }

    #[test]
    fn one_request_shows_one_credential() {
        let key = ApiKey::generate().unwrap().reveal();
        let bearer = format!("Bearer {key}");
        let authorization = &header::AUTHORIZATION;
        for given in [
            &[(&API_KEY, key.as_str()), (authorization, bearer.as_str())][..],
            &[(&API_KEY, &key), (&API_KEY, &key)],
            &[(authorization, &bearer), (authorization, "Bearer a.b.c")],
            &[(authorization, "Basic dTpw")],
            &[(authorization, "Bearer")],
            &[(authorization, &format!("Bearer {key} {key}"))],
            &[(&API_KEY, "a.b.c")],
            &[(&API_KEY, "")],
            &[(authorization, "Bearer ioc_typing_error")],
            &[(authorization, &format!("Bearer {}", "a".repeat(MAX_TOKEN_BYTES + 1)))],
        ] {
            let error = shown(&headers(given)).unwrap_err();
            assert_eq!(error, ApiError::CredentialsInvalid, "{given:?}");
        }
        assert_eq!(shown(&HeaderMap::new()).unwrap_err(), ApiError::CredentialsMissing);
    }
}
