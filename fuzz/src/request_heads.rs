//! Any bytes on a connection, before the HTTP library reads them.
//!
//! The first byte is how many bytes come at a time; the rest is what a client sends.

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use futures_util::FutureExt;
use tokio::io::{AsyncRead, ReadBuf};

use common::config::{Config, ForwardedHeader, Proxies};
use gateway::fuzzing::{admitted, client_address};

static CONFIG: LazyLock<Config> =
    LazyLock::new(|| Config::defaults().expect("the defaults are right"));

/// Most headers that are looked at.
const MAX_HEADERS: usize = 256;

/// What the HTTP library reads as a request has one meaning, and does not depend on how it comes.
pub fn request_heads(bytes: &[u8]) {
    let [at_a_time, sent @ ..] = bytes else { return };
    let whole = seen(sent, sent.len());
    let pieces = seen(sent, usize::from(*at_a_time));
    assert_eq!(whole, pieces);
    let mut rest = whole.as_slice();
    while let Some(left) = one_request(rest) {
        rest = left;
    }
}

/// Reads a request as the HTTP library does, whose parser this is. What stands behind it; `None`
/// when that is not known here, or there is no request.
fn one_request(bytes: &[u8]) -> Option<&[u8]> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(end) = request.parse(bytes).ok()? else { return None };
    let named = |name: &str| -> Vec<&[u8]> {
        let headers = request.headers.iter();
        headers.filter(|h| h.name.eq_ignore_ascii_case(name)).map(|h| h.value).collect()
    };
    let (lengths, encodings) = (named("content-length"), named("transfer-encoding"));
    assert!(lengths.len() <= 1 && encodings.len() <= 1 && named("host").len() <= 1);
    assert!(lengths.is_empty() || encodings.is_empty(), "two ends of one body");
    for peer in ["10.0.0.1", "192.0.2.1"] {
        assert_client(peer.parse().expect("an address"), request.headers);
    }
    if let Some(encoding) = encodings.first() {
        assert!(encoding.eq_ignore_ascii_case(b"chunked") && request.version == Some(1));
        return None;
    }
    let length = lengths.first().map_or(0, |length| {
        let digits = std::str::from_utf8(length).expect("digits");
        assert!(digits.bytes().all(|byte| byte.is_ascii_digit()));
        digits.parse::<u64>().expect("a number")
    });
    bytes.get(end..)?.get(usize::try_from(length).ok()?..)
}

/// Who is no trusted proxy speaks for itself alone.
fn assert_client(peer: IpAddr, headers: &[httparse::Header<'_>]) {
    let mut map = HeaderMap::new();
    for header in headers {
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(header.name.as_bytes()), HeaderValue::from_bytes(header.value))
        {
            map.append(name, value);
        }
    }
    for header in [ForwardedHeader::XForwardedFor, ForwardedHeader::Forwarded] {
        let trusted = vec!["10.0.0.0/8".parse().expect("a network")];
        let proxies = Proxies { trusted, header };
        let client = client_address(peer, &map, &proxies);
        assert!(proxies.trusts(peer) || client == peer);
        assert_eq!(client, client.to_canonical());
    }
}

fn seen(sent: &[u8], at_a_time: usize) -> Vec<u8> {
    let sent = Pieces { left: sent, at_a_time: at_a_time.max(1) };
    admitted(sent, &CONFIG.gateway).now_or_never().expect("nothing is waited for")
}

/// A connection that brings a few bytes with each read.
struct Pieces<'a> {
    left: &'a [u8],
    at_a_time: usize,
}

impl AsyncRead for Pieces<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let count = self.left.len().min(self.at_a_time).min(to.remaining());
        let (now, later) = self.left.split_at(count);
        to.put_slice(now);
        self.left = later;
        Poll::Ready(Ok(()))
    }
}
