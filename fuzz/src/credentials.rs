//! Anything that a client may show of itself, and what is kept to know it by.
//!
//! The first line is `Authorization`, the second `X-API-Key`; the rest is the claims of a token, a
//! file of keys and a record of a key.

use std::sync::LazyLock;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::hmac;

use common::config::{Config, Jwt};
use common::id::Tenant;
use common::key::{ApiKey, KeyRecord, PREFIX, checksum_of};
use gateway::fuzzing::{Shown, holder, key_files, shown};

/// What tokens are signed with.
const SECRET: &[u8; 32] = b"a secret that only targets know.";

/// Longest name in the audit trail, with what JSON adds.
const MAX_ACTOR_BYTES: usize = 2048;

static JWT: LazyLock<Jwt> = LazyLock::new(|| {
    let mut jwt = Config::defaults().expect("the defaults are right").gateway.auth.jwt;
    jwt.issuer = "i".to_owned();
    jwt.audience = "a".to_owned();
    jwt
});

/// Whatever is shown, there is at most one credential, and who is named has a legal name.
pub fn credentials(bytes: &[u8]) {
    let (authorization, rest) = line(bytes);
    let (api_key, rest) = line(rest);
    headers(authorization, api_key);
    if let Ok(body) = std::str::from_utf8(authorization) {
        key(body);
    }
    key_files(rest);
    if let Ok(record) = KeyRecord::decode(rest) {
        let written = record.encode().expect("what was read can be written");
        assert_eq!(KeyRecord::decode(&written).expect("what was written can be read"), record);
    }
    claims(rest);
}

fn headers(authorization: &[u8], api_key: &[u8]) {
    let mut headers = HeaderMap::new();
    let names = [header::AUTHORIZATION, HeaderName::from_static("x-api-key")];
    for (name, value) in names.into_iter().zip([authorization, api_key]) {
        if let Ok(value) = HeaderValue::from_bytes(value)
            && !value.is_empty()
        {
            headers.append(name, value);
        }
    }
    match shown(&headers) {
        Ok(Shown::Key(key)) => {
            let whole = key.reveal();
            let has = |value: &HeaderValue| value.to_str().is_ok_and(|text| text.contains(&whole));
            assert!(headers.len() == 1 && headers.values().all(has));
        }
        Ok(Shown::Token(token)) => {
            assert!(headers.len() == 1 && !token.starts_with(PREFIX));
            drop(holder(token, &JWT, SECRET));
        }
        Err(_) => {}
    }
}

/// A key whose checksum is right, which no fuzzer finds by itself.
fn key(body: &str) {
    let whole = [PREFIX, body].concat();
    let whole = [whole.as_str(), &checksum_of(&whole)].concat();
    if let Ok(key) = whole.parse::<ApiKey>() {
        assert_eq!(key.reveal(), whole);
    }
}

/// A token that was signed, with any claims.
fn claims(claims: &[u8]) {
    let part = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let signed = format!("{}.{}", part(br#"{"alg":"HS256"}"#), part(claims));
    let secret = hmac::Key::new(hmac::HMAC_SHA256, SECRET);
    let signature = hmac::sign(&secret, signed.as_bytes());
    let token = format!("{signed}.{}", part(signature.as_ref()));
    let Ok((tenant, scopes, actor)) = holder(&token, &JWT, SECRET) else { return };
    assert!(tenant.parse::<Tenant>().is_ok(), "{tenant:?}");
    assert!(scopes.iter().all(|scope| scope.as_str().parse() == Ok(scope)));
    assert!(actor.len() <= MAX_ACTOR_BYTES);
    // Nothing of it steers a terminal.
    assert!(!actor.contains(char::is_control), "{actor:?}");
    // The same claims under another signature are nobody's.
    let forged = [token.as_str(), "A"].concat();
    assert!(holder(&forged, &JWT, SECRET).is_err());
}

fn line(bytes: &[u8]) -> (&[u8], &[u8]) {
    match bytes.iter().position(|byte| *byte == b'\n') {
        Some(at) => (&bytes[..at], &bytes[at + 1..]),
        None => (bytes, &[]),
    }
}
