//! What clients see of a document's pages.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use common::id::DocumentId;
use common::page::{AppliedStep, PageSource, Preparation, ReadDocument, ReadPage, Word};

/// Steps of a side of the page in which places are told: a fifth of a pixel on the longest side that
/// is read; further digits would only be bytes.
const PLACE_STEPS: f32 = 1e5;

/// Steps of one in which degrees and probabilities are told; nothing is known more exactly.
const UNIT_STEPS: f32 = 1e4;

/// `value` to the nearest step.
fn rounded(value: f32, steps: f32) -> f32 {
    (value * steps).round() / steps
}

/// Address of the image of page `number`.
fn image_path(id: &DocumentId, number: u32) -> String {
    format!("{}/pages/{number}/image", super::invoice_path(id))
}

/// A document's pages as they were read.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Pages)]
pub(crate) struct PagesView {
    /// In order.
    pages: Vec<PageView>,
}

impl PagesView {
    /// What `document`, read from the upload `id`, shows.
    pub(crate) fn new(id: &DocumentId, document: ReadDocument) -> Self {
        Self { pages: document.pages.into_iter().map(|page| PageView::new(id, page)).collect() }
    }
}

/// A page as it was read.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Page)]
struct PageView {
    /// 1 for the first page.
    #[schema(minimum = 1)]
    number: u32,
    /// Width of the upright page, and of its image where there is one, in pixels.
    width_px: u32,
    /// Height likewise.
    height_px: u32,
    /// Pixels per inch.
    dpi: f32,
    /// Clockwise quarter turn that made the page upright: 0, 90, 180 or 270.
    rotation_degrees: u16,
    /// Skew that was taken out, in degrees, clockwise positive.
    skew_degrees: f32,
    /// Where its words come from.
    source: SourceView,
    /// Mean over its words, 0 to 1; 0 for a page without words.
    #[schema(minimum = 0, maximum = 1)]
    confidence: f32,
    /// Times it was recognised; 0 for a text layer.
    attempts: u32,
    /// Language codes that it was recognised with; empty for a text layer.
    languages: Vec<String>,
    /// What was measured and done before it was read.
    preparation: PreparationView,
    /// Address of its upright image; null where none was made: pages read from their text layer
    /// have none.
    #[schema(required, format = "uri-reference")]
    image: Option<String>,
    /// In reading order.
    words: Vec<WordView>,
}

impl PageView {
    fn new(id: &DocumentId, page: ReadPage) -> Self {
        let ReadPage { geometry, source, confidence, attempts, languages, words, .. } = page;
        Self {
            number: geometry.number,
            width_px: geometry.width_px,
            height_px: geometry.height_px,
            dpi: geometry.dpi,
            rotation_degrees: geometry.rotation_degrees,
            skew_degrees: rounded(geometry.skew_degrees, UNIT_STEPS),
            source: source.into(),
            confidence: rounded(confidence, UNIT_STEPS),
            attempts,
            languages,
            preparation: page.preparation.into(),
            image: page.raster.map(|_| image_path(id, geometry.number)),
            words: words.into_iter().map(WordView::from).collect(),
        }
    }
}

/// Where the words of a page come from.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = PageSource)]
enum SourceView {
    /// The PDF's own text.
    TextLayer,
    /// Recognition.
    Ocr,
    /// Both.
    Mixed,
}

impl From<PageSource> for SourceView {
    fn from(source: PageSource) -> Self {
        match source {
            PageSource::TextLayer => Self::TextLayer,
            PageSource::Ocr => Self::Ocr,
            PageSource::Mixed => Self::Mixed,
        }
    }
}

/// A word with its place.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Word)]
struct WordView {
    /// Without surrounding space; never empty.
    text: String,
    /// Probability that the text is right, as the reader says; 1 from a text layer.
    #[schema(minimum = 0, maximum = 1)]
    confidence: f32,
    /// `[x0, y0, x1, y1]` as fractions of the upright page, from its upper left corner.
    #[serde(rename = "box")]
    #[schema(example = json!([0.0857, 0.3232, 0.1787, 0.3362]))]
    bbox: [f32; 4],
    /// Index of its text line on the page, in reading order, from 0.
    line: u32,
}

impl From<Word> for WordView {
    fn from(word: Word) -> Self {
        let Word { text, bbox, confidence, line, .. } = word;
        let bbox = bbox.0.map(|place| rounded(place, PLACE_STEPS));
        Self { text, confidence: rounded(confidence, UNIT_STEPS), bbox, line }
    }
}

/// What was measured on a page, and done to it, before it was read.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Preparation)]
struct PreparationView {
    /// Why the page's own text is not used; null where it is, and where there is none.
    #[schema(required, example = "too-little-text")]
    doubt: Option<String>,
    /// Value by name, where the unit ends the name.
    #[schema(example = json!({"skew_degrees": 0.4}))]
    measurements: BTreeMap<String, f32>,
    /// In the order in which they were done.
    steps: Vec<StepView>,
}

impl From<Preparation> for PreparationView {
    fn from(preparation: Preparation) -> Self {
        let Preparation { doubt, measurements, steps } = preparation;
        Self { doubt, measurements, steps: steps.into_iter().map(StepView::from).collect() }
    }
}

/// A step that changed a page.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AppliedStep)]
struct StepView {
    /// Its name.
    #[schema(example = "deskew")]
    name: String,
    /// How much; null where it has no amount.
    #[schema(required)]
    amount: Option<f32>,
}

impl From<AppliedStep> for StepView {
    fn from(step: AppliedStep) -> Self {
        Self { name: step.name, amount: step.amount }
    }
}

#[cfg(test)]
mod tests {
    use common::page::BoundingBox;

    use super::*;

    #[test]
    fn numbers_are_told_as_exactly_as_they_are_known() {
        let word = WordView::from(Word {
            text: "Total".to_owned(),
            bbox: BoundingBox([0.080_071_17, 0.061_812_025, 1.0, 0.078_746_825]),
            confidence: 0.932_966_05,
            line: 3,
            alternatives: Vec::new(),
        });
        let expected =
            r#"{"text":"Total","confidence":0.933,"box":[0.08007,0.06181,1.0,0.07875],"line":3}"#;
        assert_eq!(serde_json::to_string(&word).unwrap(), expected);
    }
}
