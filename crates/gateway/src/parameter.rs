//! Parameters of an address that are not only text.

use std::ops::RangeInclusive;
use std::str::FromStr;

use axum::extract::Path;
use axum::extract::rejection::PathRejection;

use common::id::DocumentId;

use crate::error::ApiError;

/// The document that the path names.
///
/// # Errors
/// [`ApiError::NotFound`]: an id of another form names nothing, like any other unknown one.
pub(crate) fn document(id: Result<Path<String>, PathRejection>) -> Result<DocumentId, ApiError> {
    let Path(id) = id.map_err(|_| ApiError::NotFound)?;
    id.parse().map_err(|_| ApiError::NotFound)
}

/// A number in `range`.
///
/// # Errors
/// [`ApiError::ParameterOutOfRange`] with the range and the number seen.
pub(crate) fn number(
    name: &'static str,
    text: &str,
    range: RangeInclusive<u64>,
) -> Result<u64, ApiError> {
    // Signs and blanks are taken by the standard parser or by somebody else's, but not by all.
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let seen = if digits { text.parse().ok() } else { None };
    let (least, limit) = (*range.start(), *range.end());
    let good = seen.filter(|number| range.contains(number));
    good.ok_or(ApiError::ParameterOutOfRange { name, least, limit, seen })
}

/// A value of any other kind, which `expected` describes.
///
/// # Errors
/// [`ApiError::ParameterInvalid`].
pub(crate) fn value<T: FromStr>(
    name: &'static str,
    text: &str,
    expected: &'static str,
) -> Result<T, ApiError> {
    text.parse().map_err(|_| ApiError::ParameterInvalid { name, expected })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn a_number_out_of_its_range_is_named_with_the_range() {
        assert_eq!(number("wait", "0", 0..=60), Ok(0));
        assert_eq!(number("wait", "060", 0..=60), Ok(60));
        for (text, seen) in
            [("61", Some(61)), ("-1", None), ("+1", None), ("", None), ("1.5", None)]
        {
            let expected =
                ApiError::ParameterOutOfRange { name: "wait", least: 0, limit: 60, seen };
            assert_eq!(number("wait", text, 0..=60), Err(expected), "{text}");
        }
        let huge = number("wait", "99999999999999999999", 0..=60);
        assert!(matches!(huge, Err(ApiError::ParameterOutOfRange { seen: None, .. })));
    }

    #[test]
    fn a_value_of_another_kind_is_named_with_what_is_expected() {
        assert!(value::<Timestamp>("t", "2026-11-26T10:00:00Z", "a time").is_ok());
        let refused = value::<Timestamp>("t", "2026-11-26T10:00:00 01:00", "a time");
        assert_eq!(refused, Err(ApiError::ParameterInvalid { name: "t", expected: "a time" }));
    }
}
