//! Names of endpoints and deliveries. All are safe as subject tokens and in addresses.

use std::fmt;
use std::str::FromStr;

use rand::TryRngCore;
use rand::rngs::OsRng;
use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

use super::SecretError;

/// Random bytes of an endpoint's id: enough that two never share one; ids are no secret.
const ENDPOINT_BYTES: usize = 8;

/// What the id of every delivery begins with, so that people know one by sight.
const DELIVERY_PREFIX: &str = "dlv_";

/// Hexadecimal digits after it: 128 bits, so that no two are alike.
const DELIVERY_DIGITS: usize = 32;

/// Domain separation for ids of deliveries (blake3 `derive_key` context). Changing it sends everything that is
/// kept once more.
const DELIVERY_CONTEXT: &str = "invoice-ocr 2026-11-27 webhook delivery id v1";

/// A name that does not have the form its kind requires.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("this is not the id of a webhook or of a delivery")]
pub struct WebhookIdError;

macro_rules! name {
    ($name:ident) => {
        impl $name {
            /// As it is written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

/// Names an endpoint: 16 lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct EndpointId(String);

name!(EndpointId);

impl EndpointId {
    /// A new one.
    ///
    /// # Errors
    /// [`SecretError::NoRandomness`].
    pub fn generate() -> Result<Self, SecretError> {
        let mut bytes = [0; ENDPOINT_BYTES];
        OsRng.try_fill_bytes(&mut bytes).map_err(|_| SecretError::NoRandomness)?;
        Ok(Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
    }
}

impl FromStr for EndpointId {
    type Err = WebhookIdError;

    fn from_str(text: &str) -> Result<Self, WebhookIdError> {
        let good = text.len() == ENDPOINT_BYTES * 2 && text.bytes().all(is_digit);
        good.then(|| Self(text.to_owned())).ok_or(WebhookIdError)
    }
}

/// Names one event on its way to one endpoint: the same whenever it is made of the same two, so that no event
/// is sent twice because somebody forgot that it was. What receivers get as `webhook-id`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct DeliveryId(String);

name!(DeliveryId);

impl DeliveryId {
    /// The delivery of `event` (its `ce-id`) to `endpoint`.
    #[must_use]
    pub fn of(endpoint: &EndpointId, event: &str) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key(DELIVERY_CONTEXT);
        // The first has a fixed length: no two different pairs feed the same bytes.
        hasher.update(endpoint.as_str().as_bytes());
        hasher.update(event.as_bytes());
        let digits = hasher.finalize().to_hex();
        Self(DELIVERY_PREFIX.chars().chain(digits.chars().take(DELIVERY_DIGITS)).collect())
    }
}

impl FromStr for DeliveryId {
    type Err = WebhookIdError;

    fn from_str(text: &str) -> Result<Self, WebhookIdError> {
        let digits = text.strip_prefix(DELIVERY_PREFIX).ok_or(WebhookIdError)?;
        let good = digits.len() == DELIVERY_DIGITS && digits.bytes().all(is_digit);
        good.then(|| Self(text.to_owned())).ok_or(WebhookIdError)
    }
}

fn is_digit(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_event_to_the_same_endpoint_is_the_same_delivery() {
        let (a, b) = (EndpointId::generate().unwrap(), EndpointId::generate().unwrap());
        assert_ne!(a, b);
        assert_eq!(DeliveryId::of(&a, "event"), DeliveryId::of(&a, "event"));
        assert_ne!(DeliveryId::of(&a, "event"), DeliveryId::of(&b, "event"));
        assert_ne!(DeliveryId::of(&a, "event"), DeliveryId::of(&a, "other"));
    }

    #[test]
    fn ids_are_read_as_they_are_written_and_nothing_else_is() {
        let endpoint = EndpointId::generate().unwrap();
        let delivery = DeliveryId::of(&endpoint, "event");
        assert_eq!(endpoint.to_string().parse(), Ok(endpoint.clone()));
        assert_eq!(delivery.to_string().parse(), Ok(delivery.clone()));
        for bad in ["", "upload", "00112233445566FF", "00112233445566ff0", "*", "a.b"] {
            assert_eq!(bad.parse::<EndpointId>(), Err(WebhookIdError), "{bad}");
        }
        for bad in ["", "address", "dlv_", delivery.as_str().get(..35).unwrap(), endpoint.as_str()]
        {
            assert_eq!(bad.parse::<DeliveryId>(), Err(WebhookIdError), "{bad}");
        }
    }
}
