//! How records are written, and read back only by a build that knows the version that they name.

use std::fmt::Display;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::StageError;

/// What every such record has, whatever else is in it.
#[derive(Deserialize)]
struct Version {
    version: u16,
}

/// CBOR bytes of `record`.
///
/// # Errors
/// `Internal` for a value without a wire form, which is a bug.
pub(crate) fn to_cbor(record: &impl Serialize) -> Result<Vec<u8>, StageError> {
    let mut bytes = Vec::new();
    ciborium::into_writer(record, &mut bytes)
        .map_err(|error| StageError::internal("encode_failed", error.to_string()))?;
    Ok(bytes)
}

/// Reads CBOR of `version` back.
///
/// # Errors
/// `unreadable`, with why, for bytes of another version, or of something else.
pub(crate) fn from_cbor<T: DeserializeOwned>(
    bytes: &[u8],
    version: u16,
    unreadable: impl Fn(String) -> StageError,
) -> Result<T, StageError> {
    let (first, whole) = (ciborium::from_reader(bytes), || ciborium::from_reader(bytes));
    read(first, whole, version, unreadable)
}

/// Reads JSON of `version` back.
///
/// # Errors
/// As [`from_cbor`].
pub(crate) fn from_json<T: DeserializeOwned>(
    bytes: &[u8],
    version: u16,
    unreadable: impl Fn(String) -> StageError,
) -> Result<T, StageError> {
    let (first, whole) = (serde_json::from_slice(bytes), || serde_json::from_slice(bytes));
    read(first, whole, version, unreadable)
}

fn read<T, E: Display>(
    first: Result<Version, E>,
    whole: impl FnOnce() -> Result<T, E>,
    known: u16,
    unreadable: impl Fn(String) -> StageError,
) -> Result<T, StageError> {
    let Version { version } = first.map_err(|error| unreadable(error.to_string()))?;
    if version != known {
        return Err(unreadable(format!("version {version}, this build reads {known}")));
    }
    whole().map_err(|error| unreadable(error.to_string()))
}
