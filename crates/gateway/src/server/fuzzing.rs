//! The gate before the HTTP library by itself, for the target in `fuzz/`.

use std::sync::Arc;
use std::time::Instant;

use common::config::Gateway;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::activity::{Activity, Patience};
use super::gate::Gate;

/// What the HTTP library sees of what a client sends.
pub async fn admitted(sent: impl AsyncRead + Unpin, settings: &Gateway) -> Vec<u8> {
    let activity = Arc::new(Activity::new(Patience::from(settings), Instant::now()));
    let mut seen = Vec::new();
    let limit = settings.connections.max_head_bytes;
    let read = Gate::new(sent, activity, limit).read_to_end(&mut seen).await;
    // Nothing that is sent here can fail to be read.
    drop(read);
    seen
}
