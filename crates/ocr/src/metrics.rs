//! How pages are read.

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use common::metrics::probabilities;
use common::page::{PageSource, ReadPage};

/// Where the words of a page come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
#[expect(non_camel_case_types, reason = "label values are written as they are named")]
enum Source {
    text_layer,
    ocr,
    mixed,
}

impl From<PageSource> for Source {
    fn from(source: PageSource) -> Self {
        match source {
            PageSource::TextLayer => Self::text_layer,
            PageSource::Ocr => Self::ocr,
            PageSource::Mixed => Self::mixed,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SourceLabels {
    source: Source,
}

/// What the stage counts of the pages that it has read.
#[derive(Clone, Debug)]
pub(crate) struct ReadingMetrics {
    pages: Family<SourceLabels, Counter>,
    second_readings: Counter,
    word_confidence: Histogram,
}

impl Default for ReadingMetrics {
    fn default() -> Self {
        let (pages, second_readings) = (Family::default(), Counter::default());
        Self { pages, second_readings, word_confidence: probabilities() }
    }
}

impl ReadingMetrics {
    /// Adds them to `registry`.
    pub(crate) fn register(&self, registry: &mut Registry) {
        for source in [Source::text_layer, Source::ocr, Source::mixed] {
            drop(self.pages.get_or_create(&SourceLabels { source }));
        }
        let help = "Pages, by where their words come from";
        registry.register("pages", help, self.pages.clone());
        let help = "Readings of pages and of parts of them beyond the first";
        registry.register("second_readings", help, self.second_readings.clone());
        let help = "Confidence of each recognised word";
        registry.register("word_confidence", help, self.word_confidence.clone());
    }

    /// `page` is read. Words of a text layer are certain, so they are not counted.
    pub(crate) fn read(&self, page: &ReadPage) {
        self.pages.get_or_create(&SourceLabels { source: page.source.into() }).inc();
        self.second_readings.inc_by(u64::from(page.attempts.saturating_sub(1)));
        if page.source == PageSource::Ocr {
            for word in &page.words {
                self.word_confidence.observe(f64::from(word.confidence));
            }
        }
    }
}
