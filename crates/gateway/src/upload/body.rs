//! A request body that is counted while it arrives. `Content-Length` is only ever a reason to
//! refuse early, never to trust.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::BodyDataStream;
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use thiserror::Error;

use crate::error::ApiError;

/// Most bytes of a refused upload that are still read: a client that has sent everything reads the
/// answer, one that is cut off while sending sees only a broken connection.
const LINGER_BYTES: u64 = 64 * 1024 * 1024;

/// Longest time for that.
const LINGER_TIME: Duration = Duration::from_secs(2);

/// Why a body ended before its end.
#[derive(Debug, Error)]
pub(crate) enum Cut {
    /// More came than may.
    #[error("over the limit")]
    OverLimit,
    /// The connection broke, or the framing of its chunks.
    #[error("interrupted")]
    Interrupted,
}

/// A body, and how much of it has come.
pub(crate) struct Body {
    stream: BodyDataStream,
    declared: Option<u64>,
    expects_continue: bool,
    seen: u64,
    /// Bytes from which on [`Stream`] ends with [`Cut::OverLimit`].
    limit: u64,
    started: bool,
    ended: bool,
}

impl Body {
    pub(crate) fn new(headers: &HeaderMap, body: axum::body::Body) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        Self {
            stream: body.into_data_stream(),
            declared: text(header::CONTENT_LENGTH).and_then(|length| length.parse().ok()),
            expects_continue: text(header::EXPECT).is_some(),
            seen: 0,
            limit: u64::MAX,
            started: false,
            ended: false,
        }
    }

    /// Bytes that have come.
    pub(crate) fn seen(&self) -> u64 {
        self.seen
    }

    /// Sets the most bytes that may come: `overhead` more than `max_bytes`, for what surrounds the
    /// document.
    ///
    /// # Errors
    /// `DocumentTooLarge` when the body is declared longer.
    pub(crate) fn limit_to(&mut self, max_bytes: u64, overhead: u64) -> Result<(), ApiError> {
        self.limit = max_bytes.saturating_add(overhead);
        match self.declared {
            Some(seen) if seen > self.limit => {
                Err(ApiError::DocumentTooLarge { limit: max_bytes, seen })
            }
            _ => Ok(()),
        }
    }

    /// The whole body.
    ///
    /// # Errors
    /// `DocumentTooLarge` from `max_bytes` on, `UploadInterrupted`.
    pub(crate) async fn read_all(&mut self, max_bytes: u64) -> Result<Bytes, ApiError> {
        self.limit_to(max_bytes, 0)?;
        let mut bytes = BytesMut::new();
        while let Some(chunk) = self.next().await {
            let chunk = chunk.map_err(|_| self.cut(max_bytes))?;
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.freeze())
    }

    /// What to say about a body that was cut while at most `max_bytes` of a document were wanted.
    pub(crate) fn cut(&self, max_bytes: u64) -> ApiError {
        let seen = self.seen;
        if seen > self.limit {
            ApiError::DocumentTooLarge { limit: max_bytes, seen }
        } else {
            ApiError::UploadInterrupted { seen }
        }
    }

    /// Reads what is left of it and forgets it, within bounds. Nothing when the client waits to be
    /// asked for the body.
    pub(crate) async fn linger(mut self) {
        if self.expects_continue && !self.started {
            return;
        }
        self.limit = self.seen.saturating_add(LINGER_BYTES);
        let drain = async { while let Some(Ok(_)) = self.next().await {} };
        if tokio::time::timeout(LINGER_TIME, drain).await.is_err() {
            tracing::debug!("the rest of an upload was not waited for");
        }
    }
}

impl Stream for Body {
    type Item = Result<Bytes, Cut>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        self.started = true;
        let polled = self.stream.poll_next_unpin(cx);
        polled.map(|next| match next {
            Some(Ok(chunk)) => {
                self.seen = self.seen.saturating_add(chunk.len() as u64);
                if self.seen > self.limit { Some(Err(Cut::OverLimit)) } else { Some(Ok(chunk)) }
            }
            Some(Err(_)) => {
                self.ended = true;
                Some(Err(Cut::Interrupted))
            }
            None => {
                self.ended = true;
                None
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use futures_util::stream;

    use super::*;

    fn chunked(chunks: &'static [&'static [u8]]) -> Body {
        let chunks = chunks.iter().map(|chunk| Ok::<_, std::io::Error>(Bytes::from_static(chunk)));
        Body::new(&HeaderMap::new(), axum::body::Body::from_stream(stream::iter(chunks)))
    }

    #[tokio::test]
    async fn a_body_of_exactly_the_limit_passes() {
        assert_eq!(chunked(&[b"abc", b"de"]).read_all(5).await, Ok(Bytes::from("abcde")));
    }

    #[tokio::test]
    async fn one_byte_more_is_refused_with_what_had_come() {
        let refused = chunked(&[b"abc", b"def", b"ghi"]).read_all(5).await;
        assert_eq!(refused, Err(ApiError::DocumentTooLarge { limit: 5, seen: 6 }));
    }

    #[tokio::test]
    async fn a_longer_body_is_refused_before_it_is_read() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("900"));
        let mut body = Body::new(&headers, axum::body::Body::from("short"));
        let refused = body.read_all(5).await;
        assert_eq!(refused, Err(ApiError::DocumentTooLarge { limit: 5, seen: 900 }));
        assert_eq!(body.seen(), 0);
    }
}
