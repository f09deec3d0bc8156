//! Standard error of a child: searched for one thing, then forgotten.

use tokio::io::{AsyncRead, AsyncReadExt};

/// What run-time libraries print when an allocation fails, just before they abort: Rust's and
/// C++'s (libstdc++). Without it an exhausted limit looks like any other abort.
const OUT_OF_MEMORY: [&[u8]; 2] = [b"memory allocation of ", b"std::bad_alloc"];

/// Bytes kept for the search: the last lines. What comes before was not said on the way out.
const TAIL_BYTES: usize = 1024;

/// Reads until the child has closed it; whether its last words were that memory ran out.
///
/// Native libraries print parts of documents here, so nothing of it is kept or logged.
pub(super) async fn said_out_of_memory(mut stderr: impl AsyncRead + Unpin) -> bool {
    let mut tail: Vec<u8> = Vec::with_capacity(2 * TAIL_BYTES);
    let mut chunk = [0; TAIL_BYTES];
    while let Ok(length @ 1..) = stderr.read(&mut chunk).await {
        tail.extend(chunk.iter().take(length));
        let excess = tail.len().saturating_sub(TAIL_BYTES);
        tail.drain(..excess);
    }
    OUT_OF_MEMORY.iter().any(|words| tail.windows(words.len()).any(|seen| seen == *words))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn said(text: &str) -> bool {
        said_out_of_memory(text.as_bytes()).await
    }

    #[tokio::test]
    async fn last_words_are_found_and_earlier_ones_are_not() {
        let noise = "x".repeat(5000);
        assert!(said(&format!("{noise}memory allocation of 9 bytes failed\n")).await);
        assert!(said("terminate called after throwing an instance of 'std::bad_alloc'\n").await);
        assert!(!said(&format!("std::bad_alloc{noise}")).await);
        assert!(!said("").await);
    }
}
