//! `?languages=fra+eng`

use crate::error::ApiError;

/// Most languages of one document: each one costs as much recognition time again.
const MAX_LANGUAGES: usize = 4;

/// Shortest Tesseract language code (`fra`).
const MIN_LEN: usize = 3;

/// Longest Tesseract language code (`deu_latf`).
const MAX_LEN: usize = 8;

/// The codes in the client's order, each once. `+` separates them as Tesseract does; in a query it
/// decodes to a space, and lists are often written with commas.
///
/// # Errors
/// `LanguageMalformed`, `TooManyLanguages`.
pub(crate) fn parse(text: &str) -> Result<Vec<String>, ApiError> {
    let mut languages: Vec<String> = Vec::new();
    for code in text.split(['+', ' ', ',']).filter(|code| !code.is_empty()) {
        let legal = |b: u8| b.is_ascii_lowercase() || b == b'_';
        if !(MIN_LEN..=MAX_LEN).contains(&code.len()) || !code.bytes().all(legal) {
            return Err(ApiError::LanguageMalformed);
        }
        if !languages.iter().any(|known| known == code) {
            languages.push(code.to_owned());
        }
    }
    if languages.len() > MAX_LANGUAGES {
        let (limit, seen) = (MAX_LANGUAGES as u64, languages.len() as u64);
        return Err(ApiError::TooManyLanguages { limit, seen });
    }
    Ok(languages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_kept_and_repetition_is_not() {
        assert_eq!(parse("fra eng+fra,deu_latf").unwrap(), ["fra", "eng", "deu_latf"]);
        assert!(parse("").unwrap().is_empty());
    }

    #[test]
    fn codes_that_could_name_a_file_elsewhere_are_refused() {
        for bad in ["fr", "../etc", "fra/eng", "FRA", "toolonglang", "fra\0", "ﬁn"] {
            assert_eq!(parse(bad), Err(ApiError::LanguageMalformed), "{bad}");
        }
    }

    #[test]
    fn a_fifth_language_is_refused() {
        let refused = parse("fra+eng+deu+ita+spa");
        assert_eq!(refused, Err(ApiError::TooManyLanguages { limit: 4, seen: 5 }));
    }
}
