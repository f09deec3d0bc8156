//! The recogniser: a strip in, its letters out.

use std::path::Path;

use crate::engine::ppocr::alphabet::Alphabet;
use crate::engine::ppocr::ctc::{self, Letter};
use crate::engine::ppocr::head;
use crate::engine::ppocr::session::{self, Memory, Network};
use crate::engine::ppocr::strip::{HEIGHT, Strip};
use crate::error::OcrError;

/// Narrower images are filled up to this width, pixels: the network halves them several times.
const LEAST_WIDTH: usize = 32;

/// The network wants grey from -1 to 1.
const HALF_RANGE: f32 = 127.5;

/// Reads text lines.
pub(super) struct Recogniser {
    network: Network,
    alphabet: Alphabet,
    /// Input of the network, kept to be used again.
    planes: Vec<f32>,
}

impl Recogniser {
    /// Loads the network `model` and its `dictionary`, without the characters of other scripts.
    ///
    /// # Errors
    /// [`OcrError::MissingEngine`].
    pub(super) fn load(model: &Path, dictionary: &Path) -> Result<Self, OcrError> {
        let alphabet = Alphabet::load(dictionary)?;
        let onnx = head::cut(&session::content(model)?, alphabet.known(), alphabet.of_network())
            .map_err(|reason| session::missing(model, reason))?;
        let network = Network::load(&onnx, model, Memory::Returned)?;
        Ok(Self { network, alphabet, planes: Vec::new() })
    }

    /// The letters of `strip`, from the left.
    ///
    /// Lines are run one by one: filled up to one width, a batch takes longer.
    ///
    /// # Errors
    /// [`OcrError::Network`].
    pub(super) fn read(&mut self, strip: &Strip) -> Result<Vec<Letter>, OcrError> {
        let width = strip.width();
        if width == 0 {
            return Ok(Vec::new());
        }
        let filled = width.max(LEAST_WIDTH);
        self.planes.clear();
        for row in strip.grey.chunks_exact(width) {
            let paper = row.last().copied().unwrap_or(u8::MAX);
            let fill = std::iter::repeat_n(paper, filled - width);
            let pixels = row.iter().copied().chain(fill);
            self.planes.extend(pixels.map(|grey| f32::from(grey) / HALF_RANGE - 1.0));
        }
        let plane = self.planes.len();
        self.planes.extend_from_within(..plane);
        self.planes.extend_from_within(..plane);
        let alphabet = &self.alphabet;
        let mut letters = self.network.run(&self.planes, HEIGHT, filled, |shape, values| {
            if shape.last().copied() != i64::try_from(alphabet.classes()).ok() {
                return Err(OcrError::Network("its dictionary is that of another network"));
            }
            Ok(ctc::decode(values, alphabet))
        })?;
        let stretch = filled as f32 / width as f32;
        for letter in &mut letters {
            letter.at = (letter.at * stretch).min(1.0);
        }
        Ok(letters)
    }
}
