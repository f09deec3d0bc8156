//! `multipart/form-data`: the field named `file`, or each of them, and where to call back.

use bytes::{Bytes, BytesMut};
use multer::{Field, Multipart};

use crate::error::ApiError;
use crate::upload::body::Body;

/// The field that holds the document.
const FIELD: &str = "file";

/// The field that says where to call back.
const CALLBACK_FIELD: &str = "callback_url";

/// Longest value of that field, bytes: longer than any URL that is called.
const MAX_CALLBACK_BYTES: u64 = 4096;

/// Bytes around the document: boundaries, field headers and other fields, which are skipped. Far
/// more than any form needs.
pub(super) const OVERHEAD_BYTES: u64 = 64 * 1024;

/// What a form with one document holds.
#[derive(Debug)]
pub(crate) struct Form {
    /// The document.
    pub(crate) bytes: Bytes,
    /// The name it came under.
    pub(crate) filename: Option<String>,
    /// Where to call back.
    pub(crate) callback_url: Option<String>,
}

/// The first document, and where to call back, which may stand behind it.
///
/// # Errors
/// `FileMissing`, `DocumentTooLarge`, `MultipartMalformed`, `UploadInterrupted`.
pub(crate) async fn read(
    body: &mut Body,
    boundary: String,
    max_bytes: u64,
) -> Result<Form, ApiError> {
    body.limit_to(max_bytes, OVERHEAD_BYTES)?;
    let outcome = first_file(Multipart::new(&mut *body, boundary), max_bytes).await;
    outcome.map_err(|failure| match failure {
        Failure::Refused(error) => error,
        Failure::Malformed(multer::Error::StreamReadFailed(_)) => body.cut(max_bytes),
        Failure::Malformed(_) => ApiError::MultipartMalformed,
    })
}

/// A file of a form: its bytes as far as they may be read, and its name.
pub(super) type File = (Result<Bytes, ApiError>, Option<String>);

/// The next field named `file`, of at most `max_bytes`; `None` after the last one.
///
/// # Errors
/// The parser's, whose words may quote the body and go nowhere.
pub(super) async fn next_file(
    form: &mut Multipart<'_>,
    max_bytes: u64,
) -> Result<Option<File>, multer::Error> {
    while let Some(field) = form.next_field().await? {
        if field.name() == Some(FIELD) {
            let filename = field.file_name().map(str::to_owned);
            return match whole(field, max_bytes).await {
                Ok(bytes) => Ok(Some((Ok(bytes), filename))),
                Err(Failure::Refused(error)) => Ok(Some((Err(error), filename))),
                Err(Failure::Malformed(error)) => Err(error),
            };
        }
    }
    Ok(None)
}

/// Why there is no document.
enum Failure {
    /// The answer.
    Refused(ApiError),
    /// The parser's words, which may quote the body and go nowhere.
    Malformed(multer::Error),
}

impl From<multer::Error> for Failure {
    fn from(error: multer::Error) -> Self {
        Self::Malformed(error)
    }
}

async fn first_file(mut form: Multipart<'_>, max_bytes: u64) -> Result<Form, Failure> {
    let (mut file, mut callback_url) = (None, None);
    while let Some(field) = form.next_field().await? {
        match field.name() {
            Some(FIELD) if file.is_none() => {
                let filename = field.file_name().map(str::to_owned);
                file = Some((whole(field, max_bytes).await?, filename));
            }
            Some(CALLBACK_FIELD) if callback_url.is_none() => {
                let text = whole(field, MAX_CALLBACK_BYTES).await?;
                callback_url = Some(String::from_utf8_lossy(&text).into_owned());
            }
            _ => {}
        }
    }
    let (bytes, filename) = file.ok_or(Failure::Refused(ApiError::FileMissing))?;
    Ok(Form { bytes, filename, callback_url })
}

async fn whole(mut field: Field<'_>, max_bytes: u64) -> Result<Bytes, Failure> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = field.chunk().await? {
        let seen = (bytes.len() + chunk.len()) as u64;
        if seen > max_bytes {
            return Err(Failure::Refused(ApiError::DocumentTooLarge { limit: max_bytes, seen }));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;

    use super::*;

    async fn sent(text: &'static str, max: u64) -> Result<Form, ApiError> {
        let mut body = Body::new(&HeaderMap::new(), axum::body::Body::from(text));
        read(&mut body, "b".to_owned(), max).await
    }

    #[tokio::test]
    async fn where_to_call_back_may_stand_before_or_behind_the_document() {
        let field =
            "--b\r\nContent-Disposition: form-data; name=\"callback_url\"\r\n\r\nhttps://a/\r\n";
        let file = "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\none\r\n";
        for text in [format!("{field}{file}--b--\r\n"), format!("{file}{field}--b--\r\n")] {
            let form = sent(Box::leak(text.into_boxed_str()), 9).await.unwrap();
            assert_eq!(
                (&form.bytes[..], form.callback_url.as_deref()),
                (&b"one"[..], Some("https://a/"))
            );
        }
    }

    const NOTE: &str = "--b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhi\r\n";

    #[tokio::test]
    async fn the_first_file_counts_and_other_fields_are_skipped() {
        let text = "--b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhi\r\n\
                    --b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\
                    Content-Type: text/plain\r\n\r\none\r\n\
                    --b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\ntwo\r\n--b--\r\n";
        let Form { bytes, filename, callback_url } = sent(text, 3).await.unwrap();
        assert_eq!((&bytes[..], filename.as_deref()), (&b"one"[..], Some("a.pdf")));
        assert_eq!(callback_url, None);
        assert_eq!(
            sent(text, 2).await.unwrap_err(),
            ApiError::DocumentTooLarge { limit: 2, seen: 3 }
        );
    }

    #[tokio::test]
    async fn each_file_is_read_and_one_that_is_too_large_stops_no_other() {
        let text = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\none\r\n\
                    --b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"b\"\r\n\r\nthree\r\n\
                    --b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhi\r\n\
                    --b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\ntwo\r\n--b--\r\n";
        let mut body = Body::new(&HeaderMap::new(), axum::body::Body::from(text));
        let mut form = Multipart::new(&mut body, "b");
        let mut seen = Vec::new();
        while let Some((read, name)) = next_file(&mut form, 4).await.unwrap() {
            seen.push((read.map(|bytes| bytes.len()), name));
        }
        let named = |name: &str| Some(name.to_owned());
        let refused = ApiError::DocumentTooLarge { limit: 4, seen: 5 };
        assert_eq!(seen, [(Ok(3), named("a")), (Err(refused), named("b")), (Ok(3), None)]);
    }

    #[tokio::test]
    async fn a_form_without_the_field_is_told_from_a_broken_one() {
        let form: &'static str = Box::leak(format!("{NOTE}--b--\r\n").into_boxed_str());
        assert_eq!(sent(form, 9).await.unwrap_err(), ApiError::FileMissing);
        assert_eq!(sent(NOTE, 9).await.unwrap_err(), ApiError::MultipartMalformed);
        assert_eq!(sent("no form at all", 9).await.unwrap_err(), ApiError::MultipartMalformed);
    }
}
