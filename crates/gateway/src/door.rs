//! What is asked of a document before it is taken, for commands that read documents without a service:
//! they refuse what the service refuses, with the same codes.

use common::config::Config;
use common::page::MediaType;

use crate::error::ApiError;
use crate::upload;

/// A document that may be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitted {
    /// By its first bytes.
    pub media_type: MediaType,
    /// The name that it came with, cleaned.
    pub filename: Option<String>,
}

/// Holds a document of `bytes`, called `name`, against what is readable and against the limits of `config`.
///
/// # Errors
/// [`ApiError`] naming limit and value.
pub fn admit(bytes: &[u8], name: Option<&str>, config: &Config) -> Result<Admitted, ApiError> {
    let (limit, seen) = (config.gateway.max_upload_bytes, bytes.len() as u64);
    if seen > limit {
        return Err(ApiError::DocumentTooLarge { limit, seen });
    }
    let media_type = upload::check(bytes, &config.limits)?;
    Ok(Admitted { media_type, filename: name.and_then(upload::clean_filename) })
}

/// Language codes as `?languages=` takes them: `fra+eng` or `fra,eng`.
///
/// # Errors
/// `LanguageMalformed`, `TooManyLanguages`.
pub fn languages(text: &str) -> Result<Vec<String>, ApiError> {
    upload::parse_languages(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_held_against_what_the_service_holds_it_against() {
        let config = Config::defaults().unwrap().with("gateway.max_upload_bytes", 20).unwrap();
        let admitted = admit(b"%PDF-1.7", Some("/in/a\u{202e}.pdf"), &config).unwrap();
        let expected = Admitted { media_type: MediaType::Pdf, filename: Some("a.pdf".to_owned()) };
        assert_eq!(admitted, expected);
        let codes = [&b""[..], b"GIF89a", b"%PDF-1.7 and much more than that"]
            .map(|bytes| admit(bytes, None, &config).unwrap_err().code());
        assert_eq!(codes, ["document_empty", "unsupported_media_type", "document_too_large"]);
    }
}
