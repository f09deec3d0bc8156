//! Whether the head of a request of HTTP/1 means the same to everybody who reads it.
//!
//! Where a proxy and this server would see another end of the body, a client could hide a second
//! request in it (request smuggling). The HTTP library reads such heads in one of the two ways that
//! RFC 9112 allows; here they are refused, as are all leniencies on which two readers may differ.

use thiserror::Error;

/// How the body that follows a head ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// No body.
    Empty,
    /// After as many bytes.
    Length(u64),
    /// After its last chunk.
    Chunked,
}

/// Why a head is refused. Messages quote nothing of it.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub(super) enum Ambiguity {
    #[error("a line does not end with CR LF, or a CR stands alone")]
    LineEnd,
    #[error("a header is folded over two lines")]
    Folded,
    #[error("a header has no name, or blanks before its colon")]
    Name,
    #[error("there is more than one Content-Length, or it is no number")]
    Length,
    #[error("there is more than one Transfer-Encoding, or another one than chunked")]
    Encoding,
    #[error("there is both a Content-Length and a Transfer-Encoding")]
    Both,
    #[error("there is more than one Host")]
    Host,
    #[error("the version of HTTP has no Transfer-Encoding")]
    Version,
}

/// Looks at `head`, from the request line to the empty line.
///
/// # Errors
/// [`Ambiguity`]. What is wrong without being ambiguous is for the HTTP library to refuse.
pub(super) fn examine(head: &[u8]) -> Result<Framing, Ambiguity> {
    let mut lines = head.split(|byte| *byte == b'\n');
    let request_line = whole(lines.next().unwrap_or_default())?;
    let (mut length, mut chunked, mut hosts) = (None, false, 0_u32);
    for line in lines {
        if line.is_empty() {
            // Behind the last line break.
            continue;
        }
        let line = whole(line)?;
        if line.is_empty() {
            continue;
        }
        if line.first().is_some_and(|first| is_blank(*first)) {
            return Err(Ambiguity::Folded);
        }
        let colon = line.iter().position(|byte| *byte == b':').ok_or(Ambiguity::Name)?;
        let (name, value) = line.split_at(colon);
        if name.last().is_none_or(|last| is_blank(*last)) {
            return Err(Ambiguity::Name);
        }
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        if name.eq_ignore_ascii_case(b"content-length") {
            if length.is_some() {
                return Err(Ambiguity::Length);
            }
            length = Some(number(value).ok_or(Ambiguity::Length)?);
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            if chunked || !value.eq_ignore_ascii_case(b"chunked") {
                return Err(Ambiguity::Encoding);
            }
            chunked = true;
        } else if name.eq_ignore_ascii_case(b"host") {
            hosts = hosts.saturating_add(1);
            if hosts > 1 {
                return Err(Ambiguity::Host);
            }
        }
    }
    match (length, chunked) {
        (Some(_), true) => Err(Ambiguity::Both),
        (None, true) if !request_line.ends_with(b" HTTP/1.1") => Err(Ambiguity::Version),
        (None, true) => Ok(Framing::Chunked),
        (None | Some(0), false) => Ok(Framing::Empty),
        (Some(length), false) => Ok(Framing::Length(length)),
    }
}

/// A line without its CR, which has to be its only one.
fn whole(line: &[u8]) -> Result<&[u8], Ambiguity> {
    let line = line.strip_suffix(b"\r").ok_or(Ambiguity::LineEnd)?;
    if line.contains(&b'\r') { Err(Ambiguity::LineEnd) } else { Ok(line) }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Digits only: no sign, no blank, no list.
fn number(value: &[u8]) -> Option<u64> {
    let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    digits.then(|| std::str::from_utf8(value).ok()?.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(headers: &str) -> Result<Framing, Ambiguity> {
        examine(format!("POST / HTTP/1.1\r\n{headers}\r\n").as_bytes())
    }

    #[test]
    fn a_plain_head_says_how_its_body_ends() {
        assert_eq!(of("Host: a\r\n"), Ok(Framing::Empty));
        assert_eq!(of("Content-Length: 0\r\n"), Ok(Framing::Empty));
        assert_eq!(of("content-LENGTH:\t12 \r\n"), Ok(Framing::Length(12)));
        assert_eq!(of("Transfer-Encoding: Chunked\r\n"), Ok(Framing::Chunked));
        assert_eq!(of("X: Content-Length: 9\r\n"), Ok(Framing::Empty));
    }

    #[test]
    fn what_two_readers_may_read_differently_is_refused() {
        for (headers, ambiguity) in [
            ("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", Ambiguity::Both),
            ("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", Ambiguity::Both),
            ("Content-Length: 3\r\nContent-Length: 3\r\n", Ambiguity::Length),
            ("Content-Length: 3\r\ncontent-length: 4\r\n", Ambiguity::Length),
            ("Content-Length: 3, 3\r\n", Ambiguity::Length),
            ("Content-Length: +3\r\n", Ambiguity::Length),
            ("Content-Length: 0x3\r\n", Ambiguity::Length),
            ("Content-Length:\r\n", Ambiguity::Length),
            ("Content-Length: 99999999999999999999\r\n", Ambiguity::Length),
            ("Transfer-Encoding: gzip, chunked\r\n", Ambiguity::Encoding),
            ("Transfer-Encoding: xchunked\r\n", Ambiguity::Encoding),
            ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", Ambiguity::Encoding),
            ("Transfer-Encoding:\r\n chunked\r\n", Ambiguity::Encoding),
            ("X: a\r\n b\r\n", Ambiguity::Folded),
            ("Content-Length : 3\r\n", Ambiguity::Name),
            ("Content-Length\r\n", Ambiguity::Name),
            (": 3\r\n", Ambiguity::Name),
            ("Content-Length: 3\nX: y\r\n", Ambiguity::LineEnd),
            ("X: a\rContent-Length: 3\r\n", Ambiguity::LineEnd),
            ("X: a\r\r\n", Ambiguity::LineEnd),
            ("Host: a\r\nHost: b\r\n", Ambiguity::Host),
        ] {
            assert_eq!(of(headers), Err(ambiguity), "{headers:?}");
        }
        let old = examine(b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n");
        assert_eq!(old, Err(Ambiguity::Version));
        assert_eq!(examine(b"GET / HTTP/1.1\nHost: a\n\n"), Err(Ambiguity::LineEnd));
    }
}
