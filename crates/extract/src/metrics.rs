//! How sure results are, and how many go to a person.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use common::metrics::probabilities;

use crate::einvoice::{Attached, Profile};
use crate::result::InvoiceExtracted;
use crate::review::header;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FieldLabels {
    field: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReviewLabels {
    required: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabels {
    code: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ProfileLabels {
    profile: &'static str,
}

/// What the stage counts of its results.
#[derive(Clone, Debug)]
pub(crate) struct ResultMetrics {
    confidence: Family<FieldLabels, Histogram, fn() -> Histogram>,
    reviewed: Family<ReviewLabels, Counter>,
    reasons: Family<ReasonLabels, Counter>,
    e_invoices: Family<ProfileLabels, Counter>,
}

impl Default for ResultMetrics {
    fn default() -> Self {
        let confidence = Family::new_with_constructor(probabilities as fn() -> Histogram);
        let (reviewed, reasons) = (Family::default(), Family::default());
        Self { confidence, reviewed, reasons, e_invoices: Family::default() }
    }
}

impl ResultMetrics {
    /// Adds them to `registry`.
    pub(crate) fn register(&self, registry: &mut Registry) {
        for required in ["true", "false"] {
            drop(self.reviewed.get_or_create(&ReviewLabels { required }));
        }
        let help = "Confidence of the values that an invoice is booked and paid by";
        registry.register("field_confidence", help, self.confidence.clone());
        let help = "Results, by whether a person has to look";
        registry.register("documents_reviewed", help, self.reviewed.clone());
        let help = "Why a person has to look, by reason; a result may have several";
        registry.register("review_reasons", help, self.reasons.clone());
        let help = "E-invoices that were read as data, by profile";
        registry.register("e_invoices", help, self.e_invoices.clone());
    }

    /// `result` was made, with `attached` beside its pages.
    pub(crate) fn extracted(&self, result: &InvoiceExtracted, attached: &Attached) {
        for (field, confidence, _) in header(&result.invoice) {
            if let Some(confidence) = confidence {
                self.confidence.get_or_create(&FieldLabels { field }).observe(confidence.get());
            }
        }
        let required = if result.review.required { "true" } else { "false" };
        self.reviewed.get_or_create(&ReviewLabels { required }).inc();
        for reason in &result.review.reasons {
            self.reasons.get_or_create(&ReasonLabels { code: reason.code }).inc();
        }
        if let Attached::Invoice(invoice) = attached {
            let profile = label(invoice.profile);
            self.e_invoices.get_or_create(&ProfileLabels { profile }).inc();
        }
    }
}

fn label(profile: Profile) -> &'static str {
    match profile {
        Profile::Minimum => "minimum",
        Profile::BasicWl => "basic-wl",
        Profile::Basic => "basic",
        Profile::En16931 => "en16931",
        Profile::Extended => "extended",
        Profile::Zugferd1Basic => "zugferd1-basic",
        Profile::Zugferd1 => "zugferd1",
    }
}
