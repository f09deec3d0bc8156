//! Finds the invoice in the words: pure functions from pages to the published result.
//!
//! In the order a document passes them: [`stage`] (the contract) calls [`extract`], which arranges
//! words (`layout`), elects how the document writes (`locale`), collects typed candidates with
//! their evidence (`value`, `candidate`, `evidence`), decides on fields (`fields`), some of them
//! jointly, puts an attached e-invoice beside them ([`einvoice`]) and judges the outcome (`checks`,
//! `review`), counted in `metrics`; `duplicate` says which invoice it is, so that one that was read
//! before is told. What an operator knows beforehand is in [`settings`]: who receives the invoices
//! ([`own`]), where suppliers print what ([`hints`]). What words mean is data (`lexicon`,
//! `data/`), what they look like is in `patterns`.

pub mod einvoice;
pub mod error;
pub mod facts;
pub mod hints;
pub mod own;
pub mod result;
pub mod settings;
pub mod stage;
pub mod trace;

mod candidate;
mod checks;
mod confidence;
mod duplicate;
mod evidence;
mod fields;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod invoice;
mod layout;
mod lexicon;
mod locale;
mod metrics;
mod patterns;
mod review;
#[cfg(test)]
mod sample;
mod text;
mod value;

use common::page::ReadDocument;

use crate::einvoice::{Attached, Settled};
use crate::facts::DocumentFacts;
use crate::result::{InvoiceExtracted, PageSummary, SCHEMA};
use crate::settings::Settings;
use crate::trace::{Decision, Tracer};

/// Reads the invoice out of a document's words and the e-invoice attached to it.
///
/// Pure and total: the same arguments give the same result, and any words give one. Time is linear
/// in the words for all practical documents.
#[must_use]
pub fn extract(
    document: &ReadDocument,
    attached: &Attached,
    facts: &DocumentFacts,
    settings: &Settings,
) -> InvoiceExtracted {
    traced(document, attached, facts, settings, &Tracer::default())
}

/// As [`extract`], and tells what was decided among which options.
#[must_use]
pub fn explain(
    document: &ReadDocument,
    attached: &Attached,
    facts: &DocumentFacts,
    settings: &Settings,
) -> (InvoiceExtracted, Vec<Decision>) {
    let tracer = Tracer::keeping();
    let result = traced(document, attached, facts, settings, &tracer);
    (result, tracer.into_decisions())
}

fn traced(
    document: &ReadDocument,
    attached: &Attached,
    facts: &DocumentFacts,
    settings: &Settings,
    tracer: &Tracer,
) -> InvoiceExtracted {
    let Settled { invoice, checks: sums, reasons } =
        einvoice::settle(attached, invoice::read(document, settings, tracer), document);
    let pages: Vec<PageSummary> = document.pages.iter().map(PageSummary::from).collect();
    let checks = checks::merge(checks::check(&invoice), sums);
    let review = review::review(&invoice, &checks, &pages, settings.review_below).with(reasons);
    InvoiceExtracted {
        schema: SCHEMA,
        id: facts.id.to_string(),
        content_hash: facts.content_hash.tagged(),
        correlation_id: facts.correlation_id.clone(),
        filename: facts.filename.clone(),
        media_type: facts.media_type,
        received_at: facts.received_at,
        completed_at: facts.completed_at,
        pages,
        invoice,
        checks,
        review,
    }
}
