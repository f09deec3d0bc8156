//! The pipe between a service and its workers by itself, for the targets in `fuzz/`.

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::AsyncRead;

use crate::worker::frame;
use crate::worker::message::{Answer, Ask, Hello, Reply};

/// The bodies of all frames in `bytes`, as a child reads them, up to the end or the first error.
#[must_use]
pub fn bodies(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    std::iter::from_fn(|| frame::read_blocking(&mut bytes).ok().flatten()).collect()
}

/// The same, as a service reads them.
pub async fn bodies_async(mut pipe: impl AsyncRead + Unpin) -> Vec<Vec<u8>> {
    let mut bodies = Vec::new();
    while let Ok(body) = frame::read(&mut pipe).await {
        bodies.push(body);
    }
    bodies
}

/// Reads `body` as each message there is, with a payload of `T`. The messages that it is, written
/// again.
#[must_use]
pub fn messages<T: Serialize + DeserializeOwned>(body: &[u8]) -> Vec<Vec<u8>> {
    let hello = frame::decode::<Hello<T>>(body).ok().and_then(|m| frame::encode(&m).ok());
    let ask = frame::decode::<Ask<T>>(body).ok().and_then(|m| frame::encode(&m).ok());
    let answer = frame::decode::<Answer<T>>(body).ok().and_then(|m| {
        let frame = frame::encode(&m).ok();
        if let Reply::Fault(fault) = m.reply {
            // What becomes of a fault is for its unit tests; here it has to come to an end.
            drop(fault.checked());
        }
        frame
    });
    [hello, ask, answer].into_iter().flatten().collect()
}
