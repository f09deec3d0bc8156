//! The work of a worker process: the raster of one page in, its words out.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use common::page::Word;
use common::worker::{Fault, Handler};

use crate::engine::Engine;
use crate::engine::tesseract::Tesseract;
use crate::error::OcrError;
use crate::params::Setup;
use crate::raster::Raster;

/// Language sets kept loaded at once: one of `fra+eng` takes some 30 MiB, and clients may ask for
/// any.
const MAX_LOADED: usize = 4;

/// Languages of one reading. Each makes it slower by half; an invoice is in one or two.
const MAX_LANGUAGES: usize = 5;

/// Longest language code, bytes; Tesseract's own have up to 12.
const MAX_CODE_BYTES: usize = 32;

/// One page to be read.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Request {
    /// The page as 8-bit grey PNG.
    pub(crate) png: ByteBuf,
    /// Its pixels per inch.
    pub(crate) dpi: f32,
    /// Tesseract codes in order of preference.
    pub(crate) languages: Vec<String>,
    /// Tesseract's `--psm`.
    pub(crate) page_segmentation_mode: u8,
}

/// What stands on it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Response {
    /// In Tesseract's order; `line` is not set.
    pub(crate) words: Vec<Word>,
}

/// Reads pages with Tesseract.
pub(crate) type PageReader = Reader<Tesseract>;

/// Reads pages with an engine of kind `E`.
pub(crate) struct Reader<E> {
    tessdata: Option<String>,
    max_pixels: u64,
    /// The one used last stands last.
    loaded: Vec<(Vec<String>, E)>,
}

impl<E: Engine> Handler for Reader<E> {
    type Setup = Setup;
    type Request = Request;
    type Response = Response;

    fn start(setup: Setup) -> Result<Self, Fault> {
        let Setup { tessdata, languages, max_pixels } = setup;
        let mut reader = Self { tessdata, max_pixels, loaded: Vec::new() };
        match reader.engine(&languages) {
            Ok(_) => Ok(reader),
            // Not the document's fault now, but the installation's.
            Err(OcrError::UnavailableLanguage { language }) => {
                let folder = reader.tessdata.unwrap_or_else(|| "Tesseract's own folder".to_owned());
                Err(OcrError::MissingLanguage { language, folder }.into())
            }
            Err(other) => Err(other.into()),
        }
    }

    fn handle(&mut self, request: Request) -> Result<Response, Fault> {
        let raster = Raster::from_png(&request.png, request.dpi, self.max_pixels)?;
        drop(request.png);
        let engine = self.engine(&request.languages)?;
        Ok(Response { words: engine.read(&raster, request.page_segmentation_mode)? })
    }
}

impl<E: Engine> Reader<E> {
    fn engine(&mut self, languages: &[String]) -> Result<&mut E, OcrError> {
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
fn check(languages: &[String]) -> Result<(), OcrError> {
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
    use common::error::ErrorKind;
    use common::page::BoundingBox;

    use super::*;

    /// Has French and English; its only word tells its languages and how often it has read.
    struct FakeEngine {
        name: String,
        read: u32,
    }

    impl Engine for FakeEngine {
        fn load(_: Option<&str>, languages: &[String]) -> Result<Self, OcrError> {
            let known =
                |code: &&String| !["fra", "eng", "deu", "ita", "nld"].contains(&code.as_str());
            if let Some(missing) = languages.iter().find(known) {
                return Err(OcrError::UnavailableLanguage { language: missing.clone() });
            }
            Ok(Self { name: languages.join("+"), read: 0 })
        }

        fn read(&mut self, _: &Raster, _: u8) -> Result<Vec<Word>, OcrError> {
            self.read += 1;
            let text = format!("{} {}", self.name, self.read);
            Ok(vec![Word { text, bbox: BoundingBox::default(), confidence: 1.0, line: 0 }])
        }
    }

    fn start(languages: &[&str]) -> Result<Reader<FakeEngine>, Fault> {
        let languages = languages.iter().map(|&code| code.to_owned()).collect();
        Reader::start(Setup { tessdata: None, languages, max_pixels: 100 })
    }

    fn read(reader: &mut Reader<FakeEngine>, languages: &[&str]) -> Result<String, Fault> {
        let mut png = Vec::new();
        let encoder = png::Encoder::new(&mut png, 1, 1);
        encoder.write_header().unwrap().write_image_data(&[255]).unwrap();
        let request = Request {
            png: ByteBuf::from(png),
            dpi: 200.0,
            languages: languages.iter().map(|&code| code.to_owned()).collect(),
            page_segmentation_mode: 3,
        };
        reader.handle(request).map(|response| response.words[0].text.clone())
    }

    #[test]
    fn a_loaded_language_set_is_used_again() {
        let mut reader = start(&["fra", "eng"]).unwrap();
        assert_eq!(read(&mut reader, &["fra", "eng"]).unwrap(), "fra+eng 1");
        assert_eq!(read(&mut reader, &["deu"]).unwrap(), "deu 1");
        assert_eq!(read(&mut reader, &["fra", "eng"]).unwrap(), "fra+eng 2");
    }

    #[test]
    fn the_set_not_used_for_longest_makes_room() {
        let mut reader = start(&["fra"]).unwrap();
        for languages in ["eng", "deu", "fra", "ita", "nld"] {
            read(&mut reader, &[languages]).unwrap();
        }
        assert_eq!(reader.loaded.len(), MAX_LOADED);
        assert_eq!(read(&mut reader, &["fra"]).unwrap(), "fra 2");
        assert_eq!(read(&mut reader, &["eng"]).unwrap(), "eng 1");
    }

    #[test]
    fn a_configured_language_without_data_is_told_at_start() {
        let Err(fault) = start(&["fra", "xyz"]) else { panic!("started") };
        assert_eq!((fault.kind, fault.code.as_str()), (ErrorKind::Internal, "language_missing"));
        assert!(fault.message.contains("apt-get install tesseract-ocr-xyz"), "{}", fault.message);
    }

    #[test]
    fn a_document_that_asks_for_what_is_no_language_is_rejected() {
        let mut reader = start(&["fra"]).unwrap();
        for (language, code) in [
            ("xyz", "language_unavailable"),
            ("../../etc/passwd", "language_unknown"),
            ("", "language_unknown"),
            ("fra+eng", "language_unknown"),
        ] {
            let fault = read(&mut reader, &[language]).unwrap_err();
            assert_eq!((fault.kind, fault.code.as_str()), (ErrorKind::Rejected, code));
        }
        assert_eq!(read(&mut reader, &[]).unwrap_err().code, "language_unknown");
        let fault = read(&mut reader, &["fra"; 6]).unwrap_err();
        assert_eq!(fault.code, "too_many_languages");
    }
}
