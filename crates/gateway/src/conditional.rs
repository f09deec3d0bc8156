//! Entity tags: a client that has the bytes already is not sent them again (RFC 9110, 13.1.2).

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// A strong entity tag, with its quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ETag(String);

impl ETag {
    /// The tag `"opaque"`; `opaque` is of letters, digits and dashes.
    pub(crate) fn new(opaque: &str) -> Self {
        Self(format!("\"{opaque}\""))
    }

    /// Whether the client says that it has what this tag stands for.
    pub(crate) fn is_known_to(&self, headers: &HeaderMap) -> bool {
        let listed = headers.get_all(header::IF_NONE_MATCH).iter();
        // Our tags hold no comma, so an element that is cut at one cannot look like ours.
        listed.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).any(
            |element| {
                let element = element.trim();
                element == "*" || element.strip_prefix("W/").unwrap_or(element) == self.0
            },
        )
    }

    /// Whether the client wants what this tag stands for and nothing else; `None` when it does not say (RFC 9110,
    /// 13.1.1).
    pub(crate) fn is_wanted_by(&self, headers: &HeaderMap) -> Option<bool> {
        if !headers.contains_key(header::IF_MATCH) {
            return None;
        }
        let listed = headers.get_all(header::IF_MATCH).iter();
        let mut elements =
            listed.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
        // A weak tag says that two are good for the same, which is not enough here.
        Some(elements.any(|element| ["*", &self.0].contains(&element.trim())))
    }

    /// `response` under this tag and `Cache-Control`.
    pub(crate) fn on(&self, caching: &str, mut response: Response) -> Response {
        for (name, value) in [(header::ETAG, self.0.as_str()), (header::CACHE_CONTROL, caching)] {
            if let Ok(value) = HeaderValue::from_str(value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }

    /// What a client that has the bytes is told.
    pub(crate) fn not_modified(&self, caching: &str) -> Response {
        self.on(caching, StatusCode::NOT_MODIFIED.into_response())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(values: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::IF_NONE_MATCH, HeaderValue::from_str(value).unwrap());
        }
        ETag::new("ab12").is_known_to(&headers)
    }

    #[test]
    fn a_tag_is_wanted_as_it_is_or_as_anything_and_never_weak() {
        let wanted = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::IF_MATCH, HeaderValue::from_str(value).unwrap());
            }
            ETag::new("ab12").is_wanted_by(&headers)
        };
        for yes in ["\"ab12\"", "\"x\", \"ab12\"", "*"] {
            assert_eq!(wanted(&[yes]), Some(true), "{yes}");
        }
        for no in ["W/\"ab12\"", "ab12", "\"x\"", ""] {
            assert_eq!(wanted(&[no]), Some(false), "{no}");
        }
        assert_eq!(wanted(&["\"x\"", "\"ab12\""]), Some(true));
        assert_eq!(wanted(&[]), None);
    }

    #[test]
    fn a_tag_is_known_alone_in_a_list_weak_or_as_anything() {
        for yes in ["\"ab12\"", "W/\"ab12\"", "\"x\", \"ab12\"", "\"x\",W/\"ab12\" ", "*"] {
            assert!(known(&[yes]), "{yes}");
        }
        assert!(known(&["\"x\"", "\"ab12\""]), "lists may be on several lines");
        for no in ["ab12", "\"ab1\"", "\"ab12", "\"x\"", ""] {
            assert!(!known(&[no]), "{no}");
        }
        assert!(!known(&[]));
    }
}
