//! Tokens as an issuer makes them, and as a forger would.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use ring::rand::SystemRandom;
use ring::signature::{
    Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents,
};
use serde_json::json;

use common::config::{Config, JwtAlgorithm};
use common::key::Scope;

use super::keys::KeyFileError;
use super::*;

const RSA_PEM: &[u8] = include_bytes!("../../../tests/fixtures/test-only-rsa.pub.pem");
const RSA_PRIVATE: &[u8] = include_bytes!("../../../tests/fixtures/test-only-rsa.pk8");
const SHORT_RSA_PEM: &[u8] = include_bytes!("../../../tests/fixtures/short-rsa.pub.pem");
const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";

/// What precedes the 32 bytes of an Ed25519 key in its DER form (RFC 8410).
const ED25519_DER: &[u8] =
    &[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

struct Issuer {
    rsa: RsaKeyPair,
    ed: Ed25519KeyPair,
}

impl Issuer {
    fn new() -> Self {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self {
            rsa: RsaKeyPair::from_pkcs8(RSA_PRIVATE).unwrap(),
            ed: Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap(),
        }
    }

    fn ed_pem(&self) -> String {
        let der = [ED25519_DER, self.ed.public_key().as_ref()].concat();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der))
    }

    fn key_set(&self) -> String {
        let x = URL_SAFE_NO_PAD.encode(self.ed.public_key().as_ref());
        let components = RsaPublicKeyComponents::<Vec<u8>>::from(self.rsa.public());
        let [n, e] = [components.n, components.e].map(|part| URL_SAFE_NO_PAD.encode(part));
        let k = URL_SAFE_NO_PAD.encode(SECRET);
        json!({"keys": [
            {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": "ed", "use": "sig", "alg": "EdDSA"},
            {"kty": "RSA", "n": n, "e": e, "kid": "rsa"},
            {"kty": "RSA", "n": n, "e": e, "kid": "enc", "use": "enc"},
            {"kty": "oct", "k": k, "kid": "shared"},
            {"kty": "new", "kid": "later"},
        ]})
        .to_string()
    }

    /// A token with this header and these claims, signed as `alg` says.
    fn token(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        let signature = match header["alg"].as_str().unwrap() {
            "HS256" => hs256(&message, SECRET),
            "RS256" => {
                let mut signature = vec![0; self.rsa.public().modulus_len()];
                let random = SystemRandom::new();
                let bytes = message.as_bytes();
                self.rsa.sign(&RSA_PKCS1_SHA256, &random, bytes, &mut signature).unwrap();
                signature
            }
            "EdDSA" => self.ed.sign(message.as_bytes()).as_ref().to_vec(),
            _ => Vec::new(),
        };
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn hs256(message: &str, secret: &[u8]) -> Vec<u8> {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret);
    ring::hmac::sign(&key, message.as_bytes()).as_ref().to_vec()
}

fn claims() -> Value {
    let now = Timestamp::now().as_second();
    json!({
        "iss": "https://issuer", "aud": ["other", "invoice-ocr"], "sub": "scanner@acme", "tenant": "acme",
        "scope": "documents:read documents:write profile", "exp": now + 300, "nbf": now - 1,
    })
}

fn with(key: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[key] = value;
    claims
}

fn without(key: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(key);
    claims
}

fn settings(algorithms: &[JwtAlgorithm]) -> Jwt {
    let mut jwt = Config::defaults().unwrap().gateway.auth.jwt;
    jwt.algorithms = algorithms.to_vec();
    jwt.issuer = "https://issuer".to_owned();
    jwt.audience = "invoice-ocr".to_owned();
    jwt
}

fn tokens(bytes: &[u8], form: Form, algorithms: &[JwtAlgorithm]) -> Tokens {
    signature::install();
    let keys = TokenKeys::parse(bytes, form, algorithms).unwrap();
    Tokens::new(&settings(algorithms), None, keys, None)
}

async fn refused(tokens: &Tokens, token: &str) -> ApiError {
    tokens.holder(token).await.unwrap_err()
}

#[tokio::test]
async fn a_good_token_says_who_and_what() {
    let issuer = Issuer::new();
    for (tokens, alg) in [
        (tokens(SECRET, Form::Secret, &[JwtAlgorithm::Hs256]), "HS256"),
        (tokens(RSA_PEM, Form::Pem, &[JwtAlgorithm::Rs256]), "RS256"),
        (tokens(issuer.ed_pem().as_bytes(), Form::Pem, &[JwtAlgorithm::EdDsa]), "EdDSA"),
    ] {
        let token = issuer.token(&json!({"alg": alg, "typ": "JWT"}), &claims());
        let holder = tokens.holder(&token).await.unwrap_or_else(|e| panic!("{alg}: {e}"));
        assert_eq!(holder.tenant.as_str(), "acme");
        assert_eq!(holder.scopes.to_string(), "documents:read documents:write");
        assert_eq!(holder.actor, Actor::Token("scanner@acme".to_owned()));
        let list = with("scope", json!(["documents:delete", 7, "admin"]));
        let holder = tokens.holder(&issuer.token(&json!({"alg": alg}), &list)).await.unwrap();
        assert_eq!(holder.scopes.iter().collect::<Vec<_>>(), [Scope::DocumentsDelete]);
        let none = issuer.token(&json!({"alg": alg}), &without("scope"));
        assert_eq!(tokens.holder(&none).await.unwrap().scopes, Scopes::default());
    }
}

#[tokio::test]
async fn a_token_for_somebody_else_or_another_time_is_refused() {
    let issuer = Issuer::new();
    let tokens = tokens(RSA_PEM, Form::Pem, &[JwtAlgorithm::Rs256]);
    let header = json!({"alg": "RS256"});
    let now = Timestamp::now().as_second();
    let bad = [
        with("iss", json!("https://issuer.evil")),
        with("iss", json!(7)),
        without("iss"),
        with("aud", json!("invoice")),
        with("aud", json!([])),
        with("aud", json!({"invoice-ocr": true})),
        without("aud"),
        without("exp"),
        with("exp", json!("9999999999")),
        with("exp", json!(null)),
        with("exp", json!(-1)),
        with("nbf", json!(now + 45)),
        with("nbf", json!("tomorrow")),
        without("sub"),
        with("sub", json!(7)),
        without("tenant"),
        with("tenant", json!("Acme.*")),
        with("tenant", json!(["acme"])),
        json!([]),
    ];
    for claims in bad {
        let error = refused(&tokens, &issuer.token(&header, &claims)).await;
        assert_eq!(error, ApiError::CredentialsInvalid, "{claims}");
    }
    for seconds in [31, 3600] {
        let claims = with("exp", json!(now - seconds));
        let error = refused(&tokens, &issuer.token(&header, &claims)).await;
        assert_eq!(error, ApiError::CredentialsExpired, "{seconds}");
    }
    for good in [with("exp", json!(now - 20)), with("nbf", json!(now + 20)), without("nbf")] {
        assert!(tokens.holder(&issuer.token(&header, &good)).await.is_ok(), "{good}");
    }
}

#[tokio::test]
async fn a_forged_token_is_refused() {
    let issuer = Issuer::new();
    let tokens = tokens(RSA_PEM, Form::Pem, &[JwtAlgorithm::Rs256]);
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let good = issuer.token(&json!({"alg": "RS256"}), &claims());
    assert!(tokens.holder(&good).await.is_ok());
    let [header, body, signature] = good.split('.').collect::<Vec<_>>()[..] else {
        panic!("{good}")
    };
    let other = part(&with("tenant", json!("rival")));
    // The public key, which everybody has, as the secret of HS256.
    let confused = format!("{}.{body}", part(&json!({"alg": "HS256"})));
    let confused = format!("{confused}.{}", URL_SAFE_NO_PAD.encode(hs256(&confused, RSA_PEM)));
    let mut flipped = URL_SAFE_NO_PAD.decode(signature).unwrap();
    flipped[9] ^= 1;
    let mine = json!({"alg": "RS256", "jwk": {"kty": "oct", "k": URL_SAFE_NO_PAD.encode(SECRET)}});
    let forged = [
        format!("{header}.{other}.{signature}"),
        format!("{header}.{body}."),
        format!("{header}.{body}"),
        format!("{header}.{body}.{signature}.{signature}"),
        format!("{header}.{body}.{}", URL_SAFE_NO_PAD.encode(flipped)),
        format!("{}.{body}.", part(&json!({"alg": "none"}))),
        format!("{}.{body}.{signature}", part(&json!({"alg": "none"}))),
        format!("{}.{body}.{signature}", part(&json!({"alg": "RS512"}))),
        format!("{}.{body}.{signature}", part(&json!({"alg": "PS256"}))),
        format!("{}.{body}.{signature}", part(&json!({}))),
        format!("{}.{body}.{signature}", part(&mine)),
        confused,
        issuer.token(&json!({"alg": "EdDSA"}), &claims()),
        issuer.token(&json!({"alg": "RS256", "crit": ["b64"]}), &claims()),
        String::new(),
        "..".to_owned(),
        "é.é.é".to_owned(),
    ];
    for token in forged {
        assert_eq!(refused(&tokens, &token).await, ApiError::CredentialsInvalid, "{token}");
    }
    let other_secret = Tokens::new(
        &settings(&[JwtAlgorithm::Hs256]),
        None,
        TokenKeys::parse(&[7; 32], Form::Secret, &[JwtAlgorithm::Hs256]).unwrap(),
        None,
    );
    let token = issuer.token(&json!({"alg": "HS256"}), &claims());
    assert_eq!(refused(&other_secret, &token).await, ApiError::CredentialsInvalid);
}

#[tokio::test]
async fn a_token_names_its_key_in_a_set() {
    let issuer = Issuer::new();
    let set = issuer.key_set();
    let both = [JwtAlgorithm::Rs256, JwtAlgorithm::EdDsa];
    let all = tokens(set.as_bytes(), Form::Set, &both);
    for (alg, kid) in [("EdDSA", "ed"), ("RS256", "rsa")] {
        let token = issuer.token(&json!({"alg": alg, "kid": kid}), &claims());
        assert!(all.holder(&token).await.is_ok(), "{kid}");
    }
    for header in [
        json!({"alg": "EdDSA"}),
        json!({"alg": "EdDSA", "kid": "rsa"}),
        json!({"alg": "RS256", "kid": "ed"}),
        json!({"alg": "RS256", "kid": "enc"}),
        json!({"alg": "HS256", "kid": "shared"}),
        json!({"alg": "RS256", "kid": "unknown"}),
    ] {
        let error = refused(&all, &issuer.token(&header, &claims())).await;
        assert_eq!(error, ApiError::CredentialsInvalid, "{header}");
    }
    let one = tokens(set.as_bytes(), Form::Set, &[JwtAlgorithm::EdDsa]);
    assert!(one.holder(&issuer.token(&json!({"alg": "EdDSA"}), &claims())).await.is_ok());
    let not_allowed = issuer.token(&json!({"alg": "RS256", "kid": "rsa"}), &claims());
    assert_eq!(refused(&one, &not_allowed).await, ApiError::CredentialsInvalid);
}

#[test]
fn files_that_hold_no_keys_are_refused_by_reason() {
    let rs256 = [JwtAlgorithm::Rs256];
    let refused = |bytes: &[u8], form, allowed: &[JwtAlgorithm]| {
        TokenKeys::parse(bytes, form, allowed).err().unwrap()
    };
    let private = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    assert_eq!(refused(private, Form::Pem, &rs256), KeyFileError::Private);
    assert_eq!(refused(SHORT_RSA_PEM, Form::Pem, &rs256), KeyFileError::ShortModulus);
    assert_eq!(refused(b"nonsense", Form::Pem, &rs256), KeyFileError::NoPem);
    assert_eq!(refused(RSA_PEM, Form::Pem, &[JwtAlgorithm::EdDsa]), KeyFileError::NothingAllowed);
    assert_eq!(refused(b"{}", Form::Set, &rs256), KeyFileError::NoSet);
    assert_eq!(refused(br#"{"keys": []}"#, Form::Set, &rs256), KeyFileError::NothingAllowed);
    let short = [SECRET.split_at(31).0, &b"\r\n"[..]].concat();
    assert_eq!(refused(&short, Form::Secret, &[JwtAlgorithm::Hs256]), KeyFileError::ShortSecret);
}

fn opened(path: &Path) -> Result<Tokens, ConfigError> {
    let mut settings = settings(&[JwtAlgorithm::EdDsa]);
    settings.public_key_file = path.to_str().unwrap().to_owned();
    Tokens::open(&settings)
}

#[tokio::test]
async fn a_changed_file_counts_and_a_broken_one_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pem");
    let error = opened(&path).err().unwrap().to_string();
    assert!(error.contains("gateway.auth.jwt.public_key_file"), "{error}");
    let (first, second) = (Issuer::new(), Issuer::new());
    let header = json!({"alg": "EdDSA"});
    std::fs::write(&path, first.ed_pem()).unwrap();
    let tokens = opened(&path).unwrap();
    assert!(tokens.holder(&first.token(&header, &claims())).await.is_ok());
    std::fs::write(&path, "half a key").unwrap();
    tokio::time::sleep(LOOK_PAUSE).await;
    assert!(tokens.holder(&first.token(&header, &claims())).await.is_ok(), "still in effect");
    std::fs::write(&path, second.ed_pem() + "\n").unwrap();
    tokio::time::sleep(LOOK_PAUSE).await;
    assert!(tokens.holder(&second.token(&header, &claims())).await.is_ok());
    let error = refused(&tokens, &first.token(&header, &claims())).await;
    assert_eq!(error, ApiError::CredentialsInvalid);
}
