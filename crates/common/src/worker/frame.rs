//! Messages on a pipe: a length (four bytes, big-endian), then that many bytes of CBOR.

use std::io::{self, Read};

use ciborium::de::Error as CborError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt};

/// Longest body, bytes. A page of 50 megapixels as grey PNG is below 50 MiB; five times that is an
/// attack or a bug.
pub(super) const MAX_BODY_BYTES: u32 = 256 * 1024 * 1024;

/// Room made before the first byte arrives. Beyond it the buffer grows with what has really come,
/// so that a length alone reserves nothing.
const FIRST_CAPACITY: usize = 64 * 1024;

/// A frame that cannot be written or read. Tells nothing of its content.
#[derive(Debug, Error)]
pub(super) enum FrameError {
    /// The other side is gone, or the pipe failed.
    #[error("the pipe ended: {0}")]
    Pipe(#[from] io::Error),
    /// Longer than any message can be.
    #[error("a frame of {seen} bytes, the limit is {MAX_BODY_BYTES}")]
    TooLong {
        /// Bytes announced or to be written.
        seen: u64,
    },
    /// Not CBOR, or not the expected value.
    #[error("a frame that is not the expected message")]
    Malformed,
    /// A value without a CBOR form.
    #[error("a message that cannot be encoded")]
    Unencodable,
}

/// The frame of `message`, length included.
///
/// # Errors
/// [`FrameError::TooLong`] or [`FrameError::Unencodable`].
pub(super) fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, FrameError> {
    let mut frame = vec![0; 4];
    ciborium::into_writer(message, &mut frame).map_err(|_| FrameError::Unencodable)?;
    let seen = (frame.len() - 4) as u64;
    let length = u32::try_from(seen).ok().filter(|&length| length <= MAX_BODY_BYTES);
    let length = length.ok_or(FrameError::TooLong { seen })?;
    if let Some(head) = frame.first_chunk_mut::<4>() {
        *head = length.to_be_bytes();
    }
    Ok(frame)
}

/// The message in `body`. Bytes after it are an error: nobody writes them.
///
/// # Errors
/// [`FrameError::Malformed`].
pub(super) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, FrameError> {
    let mut rest = body;
    // The decoder's own words may quote what it read, so they go no further.
    let message = ciborium::from_reader(&mut rest)
        .map_err(|_: CborError<io::Error>| FrameError::Malformed)?;
    if rest.is_empty() { Ok(message) } else { Err(FrameError::Malformed) }
}

/// Reads one body; `None` when the pipe ended between two frames.
///
/// # Errors
/// [`FrameError::Pipe`] or [`FrameError::TooLong`].
pub(super) fn read_blocking(pipe: &mut impl Read) -> Result<Option<Vec<u8>>, FrameError> {
    let mut head = [0; 4];
    match pipe.read_exact(&mut head) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let length = body_length(head)?;
    let mut body = Vec::with_capacity(FIRST_CAPACITY.min(length));
    pipe.take(length as u64).read_to_end(&mut body)?;
    complete(body, length).map(Some)
}

/// Reads one body.
///
/// # Errors
/// [`FrameError::Pipe`] or [`FrameError::TooLong`].
pub(super) async fn read(pipe: &mut (impl AsyncRead + Unpin)) -> Result<Vec<u8>, FrameError> {
    let mut head = [0; 4];
    pipe.read_exact(&mut head).await?;
    let length = body_length(head)?;
    let mut body = Vec::with_capacity(FIRST_CAPACITY.min(length));
    pipe.take(length as u64).read_to_end(&mut body).await?;
    complete(body, length)
}

fn body_length(head: [u8; 4]) -> Result<usize, FrameError> {
    let length = u32::from_be_bytes(head);
    if length > MAX_BODY_BYTES {
        return Err(FrameError::TooLong { seen: u64::from(length) });
    }
    Ok(length as usize)
}

fn complete(body: Vec<u8>, length: usize) -> Result<Vec<u8>, FrameError> {
    if body.len() < length {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_comes_back_as_it_was() {
        let message = (7_u64, "seven".to_owned(), serde_bytes::ByteBuf::from(vec![0; 100_000]));
        let frame = encode(&message).unwrap();
        let body = read_blocking(&mut frame.as_slice()).unwrap().unwrap();
        assert_eq!(decode::<(u64, String, serde_bytes::ByteBuf)>(&body).unwrap(), message);
    }

    #[test]
    fn the_end_between_two_frames_is_no_error_and_inside_one_it_is() {
        let frame = encode(&"text").unwrap();
        assert!(read_blocking(&mut [].as_slice()).unwrap().is_none());
        let cut = read_blocking(&mut &frame[..frame.len() - 1]);
        assert!(matches!(cut, Err(FrameError::Pipe(_))), "{cut:?}");
    }

    #[test]
    fn a_length_over_the_limit_is_refused_before_anything_is_read() {
        let announced = read_blocking(&mut [0xFF; 4].as_slice());
        assert!(matches!(announced, Err(FrameError::TooLong { seen: 0xFFFF_FFFF })));
    }

    #[test]
    fn a_body_shorter_than_announced_is_refused() {
        let announced = [&(200_u32 << 20).to_be_bytes(), b"x".as_slice()].concat();
        assert!(matches!(read_blocking(&mut announced.as_slice()), Err(FrameError::Pipe(_))));
    }

    #[test]
    fn bytes_that_are_no_message_are_refused_without_quoting_them() {
        let body = encode(&"secret text").unwrap().split_off(4);
        let error = decode::<u64>(&body).unwrap_err();
        assert!(!error.to_string().contains("secret"));
        let trailing = [encode(&1).unwrap().split_off(4), vec![0]].concat();
        assert!(matches!(decode::<u64>(&trailing), Err(FrameError::Malformed)));
    }

    #[test]
    fn arrays_nested_without_end_are_refused_without_a_crash() {
        assert!(matches!(
            decode::<serde_json::Value>(&[0x81; 100_000]),
            Err(FrameError::Malformed)
        ));
    }
}
