//! The file name in a `Content-Disposition` header (RFC 6266), for bare bodies.

use axum::http::{HeaderMap, header};
use percent_encoding::percent_decode_str;

/// Prefix of an extended value (RFC 8187); the language between the quotes is skipped.
const UTF8: &str = "utf-8'";

/// The name as the client wrote it; `filename*` before `filename`.
pub(crate) fn filename(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_DISPOSITION)?;
    let text = String::from_utf8_lossy(value.as_bytes());
    let parameters = parameters(&text);
    let named = |wanted: &str| {
        let mut found = parameters.iter().filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.next().map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    };
    named("filename*").and_then(extended).or_else(|| named("filename").map(str::to_owned))
}

/// `utf-8'fr'%C3%A9.pdf`; other character sets count as absent.
fn extended(value: &str) -> Option<String> {
    let charset = value.get(..UTF8.len())?;
    let (_language, encoded) = value.get(UTF8.len()..)?.split_once('\'')?;
    let decoded = percent_decode_str(encoded).decode_utf8().ok()?;
    charset.eq_ignore_ascii_case(UTF8).then(|| decoded.into_owned())
}

/// The parameters after the disposition, unquoted.
fn parameters(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut characters = text.chars();
    // The disposition itself ("attachment").
    let mut separator = characters.find(|c| *c == ';');
    while separator.is_some() {
        let name: String = characters.by_ref().take_while(|c| *c != '=').collect();
        let (mut value, mut quoted, mut escaped) = (String::new(), false, false);
        separator = None;
        for c in characters.by_ref() {
            match c {
                _ if escaped => {
                    value.push(c);
                    escaped = false;
                }
                '\\' if quoted => escaped = true,
                '"' => quoted = !quoted,
                ';' if !quoted => {
                    separator = Some(c);
                    break;
                }
                _ => value.push(c),
            }
        }
        found.push((name.trim().to_owned(), value.trim().to_owned()));
    }
    found
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn named(value: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers
            .insert(header::CONTENT_DISPOSITION, HeaderValue::from_bytes(value.as_bytes()).ok()?);
        filename(&headers)
    }

    #[test]
    fn quoted_plain_and_extended_names_are_read() {
        assert_eq!(named("attachment; filename=a.pdf").as_deref(), Some("a.pdf"));
        let quoted = r#"inline; x=1; FileName="a;b \"c\".pdf"; y="#;
        assert_eq!(named(quoted).as_deref(), Some("a;b \"c\".pdf"));
        let both = "attachment; filename=\"e.pdf\"; filename*=UTF-8'fr'%C3%A9.pdf";
        assert_eq!(named(both).as_deref(), Some("é.pdf"));
    }

    #[test]
    fn what_cannot_be_read_is_no_name() {
        assert_eq!(named("attachment"), None);
        assert_eq!(named("attachment; filename*=latin-1''%E9.pdf"), None);
        assert_eq!(named("attachment; filename"), None);
        assert_eq!(named("a;;;=;\"\\"), None);
    }
}
