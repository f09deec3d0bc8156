//! A transport of HTTP/1 that lets heads of requests through only as a whole, and unambiguous ones
//! only.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::activity::Activity;
use super::head::{Framing, examine};

/// Bytes read at once while looking for the end of a head.
const READ_BYTES: usize = 4096;

/// Handed on in place of a refused head: no method begins like this, so that the HTTP library
/// answers with 400, in turn after earlier answers, and closes the connection.
const NO_REQUEST: &[u8] = b"\x01";

/// What comes next from the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Head,
    /// As many bytes of a body.
    Body(u64),
    /// Anything up to the end of the connection: the body is chunked, or nobody will look at it.
    Rest,
    /// Nothing any more: a head was refused, and what follows it may be what it was to hide.
    Nothing,
}

/// Wraps `inner`.
///
/// A chunked body ends where its chunks say, which is not followed here; whoever answers such a
/// request has to close the connection afterwards, or the next head would not be looked at.
#[derive(Debug)]
pub(super) struct Gate<T> {
    inner: T,
    activity: Arc<Activity>,
    next: Next,
    /// Read and not handed on.
    held: BytesMut,
    /// How much of `held` may be handed on.
    free: usize,
    /// From here on longer heads go to the HTTP library, which refuses them with 431.
    max_head_bytes: usize,
    /// Bytes of `held` that have been searched.
    searched: usize,
}

impl<T> Gate<T> {
    pub(super) fn new(inner: T, activity: Arc<Activity>, max_head_bytes: usize) -> Self {
        let (held, free, searched) = (BytesMut::new(), 0, 0);
        Self { inner, activity, next: Next::Head, held, free, max_head_bytes, searched }
    }

    /// Decides about what is held; afterwards something is free or more has to be read.
    fn decide(&mut self) {
        while self.free == 0 && !self.held.is_empty() {
            match self.next {
                Next::Rest => self.free = self.held.len(),
                Next::Nothing => self.held.clear(),
                Next::Body(left) => {
                    let here = self.held.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                    self.free = here;
                    let left = left.saturating_sub(here as u64);
                    self.next = if left == 0 { Next::Head } else { Next::Body(left) };
                }
                Next::Head => {
                    if !self.find_head() {
                        return;
                    }
                }
            }
        }
    }

    /// Whether a head, or the reason to refuse it, was found in what is held.
    fn find_head(&mut self) -> bool {
        // A server ignores empty lines before a request (RFC 9112, 2.2).
        while self.held.starts_with(b"\r\n") {
            self.held.advance(2);
            self.searched = 0;
        }
        if self.held.is_empty() {
            return false;
        }
        self.activity.head_began(Instant::now());
        let from = self.searched.saturating_sub(3);
        let unseen = self.held.get(from..).unwrap_or_default();
        let Some(end) = end_of_head(unseen).map(|end| from + end) else {
            self.searched = self.held.len();
            if self.held.len() > self.max_head_bytes {
                (self.next, self.free) = (Next::Rest, self.held.len());
            }
            return self.free > 0;
        };
        self.searched = 0;
        self.activity.head_ended();
        match examine(self.held.get(..end).unwrap_or_default()) {
            Ok(framing) => {
                self.free = end;
                self.next = match framing {
                    Framing::Empty => Next::Head,
                    Framing::Length(length) => Next::Body(length),
                    Framing::Chunked => Next::Rest,
                };
            }
            Err(ambiguity) => {
                tracing::debug!(reason = %ambiguity, "an ambiguous request is refused");
                self.held = BytesMut::from(NO_REQUEST);
                (self.next, self.free) = (Next::Nothing, self.held.len());
            }
        }
        true
    }
}

/// Where a head ends: behind its first empty line, with or without CRs, since a reader may take
/// either.
fn end_of_head(bytes: &[u8]) -> Option<usize> {
    let after = |(at, _): (usize, &u8)| {
        let rest = bytes.get(at + 1..)?;
        if rest.starts_with(b"\n") {
            Some(at + 2)
        } else if rest.starts_with(b"\r\n") {
            Some(at + 3)
        } else {
            None
        }
    };
    bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').find_map(after)
}

impl<T: AsyncRead + Unpin> AsyncRead for Gate<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let gate = &mut *self;
        if gate.next == Next::Rest && gate.held.is_empty() {
            return Pin::new(&mut gate.inner).poll_read(cx, to);
        }
        loop {
            gate.decide();
            if gate.free > 0 {
                let count = gate.free.min(to.remaining());
                to.put_slice(&gate.held.split_to(count));
                gate.free -= count;
                return Poll::Ready(Ok(()));
            }
            if gate.next == Next::Nothing {
                // As if the client had ended here.
                return Poll::Ready(Ok(()));
            }
            let mut space = [0; READ_BYTES];
            let mut read = ReadBuf::new(&mut space);
            ready!(Pin::new(&mut gate.inner).poll_read(cx, &mut read))?;
            if read.filled().is_empty() {
                // The end, perhaps in the middle of a head, which is nothing to answer then.
                return Poll::Ready(Ok(()));
            }
            gate.held.extend_from_slice(read.filled());
        }
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Gate<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use common::config::Config;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::super::activity::Patience;
    use super::*;

    /// What comes out when `parts` come in one after the other.
    async fn through(parts: &[&[u8]]) -> Vec<u8> {
        let patience = Patience::from(&Config::defaults().unwrap().gateway);
        let activity = Arc::new(Activity::new(patience, Instant::now()));
        let (mut client, server) = tokio::io::duplex(3);
        let parts: Vec<Vec<u8>> = parts.iter().map(|part| part.to_vec()).collect();
        let sending = tokio::spawn(async move {
            for part in parts {
                // Nobody reads what comes after a refused head.
                drop(client.write_all(&part).await);
            }
        });
        let mut out = Vec::new();
        Gate::new(server, activity, 100).read_to_end(&mut out).await.unwrap();
        sending.await.unwrap();
        out
    }

    #[tokio::test]
    async fn plain_requests_pass_as_they_are() {
        let two =
            b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab\r\ncGET / HTTP/1.1\r\nHost: a\r\n\r\n";
        assert_eq!(through(&[two]).await, two);
        let chunked = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n";
        assert_eq!(through(&[chunked]).await, chunked);
    }

    #[tokio::test]
    async fn a_refused_head_becomes_one_illegal_byte() {
        let good: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        let bad: &[u8] = b"GET / HTTP/1.1\r\nHost : a\r\n\r\n";
        for parts in [&[good, bad][..], &[good, bad, good], &[&[good, bad, good].concat()]] {
            let out = through(parts).await;
            assert_eq!(out, [good, NO_REQUEST].concat(), "nothing behind it comes through");
        }
    }

    #[tokio::test]
    async fn half_a_head_is_held_and_a_long_one_goes_on_to_be_refused() {
        assert_eq!(through(&[b"GET / HTTP/1.1\r\nHost: a\r\n"]).await, b"");
        let long = [b"GET /".as_slice(), &[b'x'; 200]].concat();
        assert_eq!(through(&[&long]).await, long);
    }
}
