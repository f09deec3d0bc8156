//! Tesseract for several sets of languages: loaded when asked for, the ones used last are kept.

use std::path::PathBuf;

use crate::engine::Reading;
use crate::error::OcrError;
use crate::raster::Raster;

/// Language sets kept loaded at once: one of `fra+eng` takes some 30 MiB, and clients may ask for
/// any.
const MAX_LOADED: usize = 4;

/// Languages of one reading. Each makes it slower by half; an invoice is in one or two.
const MAX_LANGUAGES: usize = 5;

/// Longest language code, bytes; Tesseract's own have up to 12.
const MAX_CODE_BYTES: usize = 32;

/// Where Tesseract's own data is, as it is built for Debian (with and without its major version), for
/// other distributions, and by itself. It does not say which of them it uses.
const OWN_FOLDERS: [&str; 4] = [
    "/usr/share/tesseract-ocr/5/tessdata",
    "/usr/share/tesseract-ocr/4.00/tessdata",
    "/usr/share/tessdata",
    "/usr/local/share/tessdata",
];

/// A reader that is loaded for certain languages.
pub(crate) trait LanguageEngine: Sized {
    /// Loads the data of `languages` from the folder `tessdata`, or from Tesseract's own.
    ///
    /// # Errors
    /// [`OcrError::UnavailableLanguage`] for the first one without data.
    fn load(tessdata: Option<&str>, languages: &[String]) -> Result<Self, OcrError>;

    /// Reads `page` in Tesseract's page segmentation mode `segmentation_mode` (0 to 13).
    ///
    /// # Errors
    /// [`OcrError::Recognition`].
    fn read(&mut self, page: Raster, segmentation_mode: u8) -> Result<Reading, OcrError>;
}

/// Readers by their languages.
pub(crate) struct Languages<E> {
    tessdata: Option<String>,
    /// The one used last stands last.
    loaded: Vec<(Vec<String>, E)>,
}

impl<E: LanguageEngine> Languages<E> {
    /// Readers with data from the folder `tessdata`, or from Tesseract's own; `configured` is
    /// loaded at once.
    ///
    /// # Errors
    /// [`OcrError::MissingLanguage`].
    pub(crate) fn new(tessdata: Option<String>, configured: &[String]) -> Result<Self, OcrError> {
        let mut readers = Self { tessdata, loaded: Vec::new() };
        match readers.engine(configured) {
            Ok(_) => Ok(readers),
            // Not the document's fault now, but the installation's.
            Err(OcrError::UnavailableLanguage { language }) => {
                let own = || "Tesseract's own folder".to_owned();
                let folder = readers.tessdata.unwrap_or_else(own);
                Err(OcrError::MissingLanguage { language, folder })
            }
            Err(other) => Err(other),
        }
    }

    /// Forgets what is loaded: it is loaded again when it is needed.
    #[must_use]
    pub(crate) fn unloaded(self) -> Self {
        Self { loaded: Vec::new(), ..self }
    }

    /// Folders that languages are loaded from when a document asks for them.
    pub(crate) fn folders(&self) -> Vec<PathBuf> {
        match &self.tessdata {
            Some(folder) => vec![PathBuf::from(folder)],
            None => OWN_FOLDERS.into_iter().map(PathBuf::from).collect(),
        }
    }

    /// The reader for `languages`, loaded if it is not yet.
    ///
    /// # Errors
    /// The codes are none, too many, or have no data.
    pub(crate) fn engine(&mut self, languages: &[String]) -> Result<&mut E, OcrError> {
        check(languages)?;
        let entry = match self.loaded.iter().position(|(loaded, _)| loaded == languages) {
            Some(at) => self.loaded.remove(at),
            None => (languages.to_vec(), E::load(self.tessdata.as_deref(), languages)?),
        };
        if self.loaded.len() >= MAX_LOADED {
            self.loaded.remove(0);
        }
        self.loaded.push(entry);
        let last = self.loaded.last_mut().map(|(_, engine)| engine);
        last.ok_or(OcrError::Recognition("no engine is loaded"))
    }
}

/// A code becomes part of a file's name, so nothing else may pass.
pub(crate) fn check(languages: &[String]) -> Result<(), OcrError> {
    let (seen, limit) = (languages.len(), MAX_LANGUAGES);
    if seen == 0 {
        // Tesseract would take English, whatever is configured.
        return Err(OcrError::UnknownLanguage(String::new()));
    }
    if seen > limit {
        return Err(OcrError::TooManyLanguages { seen, limit });
    }
    let legal = |code: &&String| {
        (1..=MAX_CODE_BYTES).contains(&code.len())
            && code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    match languages.iter().find(|code| !legal(code)) {
        Some(code) => {
            let shown = code.chars().filter(|c| !c.is_control()).take(MAX_CODE_BYTES);
            Err(OcrError::UnknownLanguage(shown.collect()))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use common::page::{BoundingBox, Word};

    use super::*;

    /// Has French and English; its only word tells its languages and how often it has read.
    struct FakeEngine {
        name: String,
        read: u32,
    }

    impl LanguageEngine for FakeEngine {
        fn load(_: Option<&str>, languages: &[String]) -> Result<Self, OcrError> {
            let known =
                |code: &&String| !["fra", "eng", "deu", "ita", "nld"].contains(&code.as_str());
            if let Some(missing) = languages.iter().find(known) {
                return Err(OcrError::UnavailableLanguage { language: missing.clone() });
            }
            Ok(Self { name: languages.join("+"), read: 0 })
        }

        fn read(&mut self, page: Raster, _: u8) -> Result<Reading, OcrError> {
            self.read += 1;
            let text = format!("{} {}", self.name, self.read);
            let words = vec![Word::new(text, BoundingBox::default(), 1.0)];
            Ok(Reading { words, page, turned_degrees: 0 })
        }
    }

    fn codes(languages: &[&str]) -> Vec<String> {
        languages.iter().map(|&code| code.to_owned()).collect()
    }

    fn start(languages: &[&str]) -> Result<Languages<FakeEngine>, OcrError> {
        Languages::new(None, &codes(languages))
    }

    fn read(readers: &mut Languages<FakeEngine>, languages: &[&str]) -> Result<String, OcrError> {
        let page = Raster { width_px: 1, height_px: 1, dpi: 200.0, grey: vec![255] };
        let reading = readers.engine(&codes(languages))?.read(page, 3)?;
        Ok(reading.words[0].text.clone())
    }

    #[test]
    fn a_loaded_language_set_is_used_again() {
        let mut readers = start(&["fra", "eng"]).unwrap();
        assert_eq!(read(&mut readers, &["fra", "eng"]).unwrap(), "fra+eng 1");
        assert_eq!(read(&mut readers, &["deu"]).unwrap(), "deu 1");
        assert_eq!(read(&mut readers, &["fra", "eng"]).unwrap(), "fra+eng 2");
    }

    #[test]
    fn the_set_not_used_for_longest_makes_room() {
        let mut readers = start(&["fra"]).unwrap();
        for languages in ["eng", "deu", "fra", "ita", "nld"] {
            read(&mut readers, &[languages]).unwrap();
        }
        assert_eq!(readers.loaded.len(), MAX_LOADED);
        assert_eq!(read(&mut readers, &["fra"]).unwrap(), "fra 2");
        assert_eq!(read(&mut readers, &["eng"]).unwrap(), "eng 1");
    }

    #[test]
    fn a_configured_language_without_data_is_told_at_start() {
        let Err(error) = start(&["fra", "xyz"]) else { panic!("started") };
        assert!(matches!(error, OcrError::MissingLanguage { .. }), "{error}");
        assert!(error.to_string().contains("apt-get install tesseract-ocr-xyz"), "{error}");
    }

    #[test]
    fn a_document_that_asks_for_what_is_no_language_is_rejected() {
        let mut readers = start(&["fra"]).unwrap();
        let error = read(&mut readers, &["xyz"]).unwrap_err();
        assert!(matches!(error, OcrError::UnavailableLanguage { .. }), "{error}");
        for language in ["../../etc/passwd", "", "fra+eng"] {
            let error = read(&mut readers, &[language]).unwrap_err();
            assert!(matches!(error, OcrError::UnknownLanguage(_)), "{error}");
        }
        let error = read(&mut readers, &[]).unwrap_err();
        assert!(matches!(error, OcrError::UnknownLanguage(_)), "{error}");
        let error = read(&mut readers, &["fra"; 6]).unwrap_err();
        assert_eq!(error, OcrError::TooManyLanguages { seen: 6, limit: MAX_LANGUAGES });
    }
}
