//! Signing as Standard Webhooks does: `v1`, HMAC-SHA256 over id, time and body.
//!
//! <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

use super::Secret;

/// The message's name, the same for each attempt at the same delivery.
pub const ID_HEADER: &str = "webhook-id";
/// Seconds since 1970, UTC, of the attempt: receivers refuse what is old, so that nobody can send it again.
pub const TIMESTAMP_HEADER: &str = "webhook-timestamp";
/// Signatures, separated by blanks.
pub const SIGNATURE_HEADER: &str = "webhook-signature";

/// Value of [`SIGNATURE_HEADER`]: one signature with each of `secrets`, so that receivers who know any of them are
/// content while secrets are exchanged.
#[must_use]
pub fn sign<'a>(
    secrets: impl IntoIterator<Item = &'a Secret>,
    id: &str,
    timestamp: i64,
    body: &[u8],
) -> String {
    let one = |secret: &Secret| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.bytes());
        let mut context = hmac::Context::with_key(&key);
        context.update(format!("{id}.{timestamp}.").as_bytes());
        context.update(body);
        format!("v1,{}", STANDARD.encode(context.sign()))
    };
    let signatures: Vec<String> = secrets.into_iter().map(one).collect();
    signatures.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_libraries_sign_the_same() {
        // The case that the reference libraries test themselves with.
        let secret: Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().unwrap();
        let signed = sign(
            [&secret],
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn each_secret_signs_and_everything_that_is_sent_counts() {
        let (new, old) = (Secret::generate().unwrap(), Secret::generate().unwrap());
        let both = sign([&new, &old], "id", 1, b"body");
        assert_eq!(
            both,
            format!("{} {}", sign([&new], "id", 1, b"body"), sign([&old], "id", 1, b"body"))
        );
        let one = sign([&new], "id", 1, b"body");
        for other in [
            sign([&new], "ie", 1, b"body"),
            sign([&new], "id", 2, b"body"),
            sign([&new], "id", 1, b"bodz"),
        ] {
            assert_ne!(one, other);
        }
    }
}
