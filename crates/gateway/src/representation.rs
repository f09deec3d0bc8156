//! In which form a result is answered: what the query names, or what the client's `Accept` prefers
//! (RFC 9110, 12.5.1).

use axum::http::{HeaderMap, header};
use export::Format;
use mime::Mime;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::error::ApiError;

/// A form of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ResultFormat)]
pub(crate) enum Form {
    /// As it was published.
    Json,
    /// The lines, one a row.
    Csv,
    /// OASIS UBL 2.1.
    Ubl,
    /// UN/CEFACT CII D16B.
    Cii,
}

impl Form {
    /// What writes it; `None` for the published result itself.
    pub(crate) fn exported(self) -> Option<Format> {
        match self {
            Self::Json => None,
            Self::Csv => Some(Format::Csv),
            Self::Ubl => Some(Format::Ubl),
            Self::Cii => Some(Format::Cii),
        }
    }
}

/// A form under one of its media types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Representation {
    pub(crate) form: Form,
    pub(crate) media_type: &'static str,
}

/// What is offered, the preferred first. Neither XML syntax has a registered type; under the general one
/// UBL is sent, which more programs read, and each has a name of ours for who wants to be sure.
const OFFERS: [Representation; 5] = [
    Representation { form: Form::Json, media_type: "application/json" },
    Representation { form: Form::Csv, media_type: "text/csv; charset=utf-8; header=present" },
    Representation { form: Form::Ubl, media_type: "application/xml" },
    Representation { form: Form::Ubl, media_type: "application/vnd.invoice-ocr.ubl+xml" },
    Representation { form: Form::Cii, media_type: "application/vnd.invoice-ocr.cii+xml" },
];

/// Chooses. The query wins: who follows a link in a browser cannot set `Accept`.
///
/// # Errors
/// [`ApiError::NotAcceptable`].
pub(crate) fn choose(named: Option<Form>, headers: &HeaderMap) -> Result<Representation, ApiError> {
    if let Some(form) = named {
        let media_type = match form.exported() {
            Some(format) => format.media_type(),
            None => "application/json",
        };
        return Ok(Representation { form, media_type });
    }
    let ranges = ranges(headers);
    let weighed = OFFERS.iter().map(|offer| (quality(&ranges, offer.media_type), offer));
    // Of equals the first.
    let best = weighed.rev().max_by(|(one, _), (other, _)| one.total_cmp(other));
    match best {
        Some((quality, offer)) if ranges.is_empty() || quality > 0.0 => Ok(*offer),
        _ => Err(ApiError::NotAcceptable { offered: offered() }),
    }
}

fn offered() -> String {
    OFFERS.map(|offer| offer.media_type.split(';').next().unwrap_or_default()).join(", ")
}

/// The ranges of all `Accept` headers; what is none is passed over.
fn ranges(headers: &HeaderMap) -> Vec<Mime> {
    let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .filter_map(|range| range.trim().parse().ok())
        .collect()
}

/// How much the client wants `media_type`, 0 to 1, by the most specific range that it falls in. Without a
/// range everything is wanted alike.
fn quality(ranges: &[Mime], media_type: &str) -> f32 {
    let Some(offer) = media_type.parse::<Mime>().ok().filter(|_| !ranges.is_empty()) else {
        return 1.0;
    };
    let specific = |range: &Mime| match (range.type_(), range.subtype()) {
        (mime::STAR, mime::STAR) => Some(0_u8),
        (kind, mime::STAR) if kind == offer.type_() => Some(1),
        // `text/csv; header=absent` is text/csv all the same: nothing else of it can be had.
        _ if range.essence_str() == offer.essence_str() => Some(2),
        _ => None,
    };
    let fitting = ranges.iter().filter_map(|range| Some((specific(range)?, weight(range))));
    fitting.max_by_key(|(specific, _)| *specific).map_or(0.0, |(_, weight)| weight)
}

/// The `q` of a range; one that cannot be read counts as none.
fn weight(range: &Mime) -> f32 {
    let stated = range.get_param("q").map(|q| q.as_str().parse().unwrap_or(0.0_f32));
    stated.map_or(1.0, |q| if q.is_finite() { q.clamp(0.0, 1.0) } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn chosen(accept: &[&str]) -> Option<(Form, &'static str)> {
        let mut headers = HeaderMap::new();
        for value in accept {
            headers.append(header::ACCEPT, HeaderValue::from_str(value).unwrap());
        }
        choose(None, &headers).ok().map(|found| (found.form, found.media_type))
    }

    #[test]
    fn what_the_client_prefers_is_sent() {
        let form = |accept: &[&str]| chosen(accept).map(|(form, _)| form);
        let cases: [(&[&str], Option<Form>); 17] = [
            (&[], Some(Form::Json)),
            (&["*/*"], Some(Form::Json)),
            (&["application/*"], Some(Form::Json)),
            (&["text/csv"], Some(Form::Csv)),
            (&["text/csv; header=absent"], Some(Form::Csv)),
            (&["text/*"], Some(Form::Csv)),
            (&["application/xml"], Some(Form::Ubl)),
            (&["application/vnd.invoice-ocr.cii+xml"], Some(Form::Cii)),
            (&["text/html, application/xml;q=0.9, */*;q=0.8"], Some(Form::Ubl)),
            (&["application/json;q=0.2, text/csv;q=0.3"], Some(Form::Csv)),
            (&["application/json;q=0, */*"], Some(Form::Csv)),
            (&["application/json;q=0.1", "text/csv"], Some(Form::Csv)),
            (&["nonsense, text/csv"], Some(Form::Csv)),
            (&["TEXT/CSV"], Some(Form::Csv)),
            (&["image/png"], None),
            (&["application/json;q=0"], None),
            (&["application/json;q=x"], None),
        ];
        for (accept, expected) in cases {
            assert_eq!(form(accept), expected, "{accept:?}");
        }
        let named = chosen(&["application/vnd.invoice-ocr.ubl+xml"]);
        assert_eq!(named, Some((Form::Ubl, "application/vnd.invoice-ocr.ubl+xml")));
    }

    #[test]
    fn the_query_wins() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static("image/png"));
        let found = choose(Some(Form::Cii), &headers).unwrap();
        assert_eq!((found.form, found.media_type), (Form::Cii, "application/xml"));
    }
}
