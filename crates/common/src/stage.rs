//! The stage contract: what a stage is given, what it gives back.

use std::fmt;
use std::future::Future;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::duplicate::DuplicateIndex;
use crate::error::StageError;
use crate::job::Job;
use crate::metrics::Metrics;
use crate::object::{ObjectRef, ObjectStore};

/// The stages that take jobs, in the order a document passes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StageName {
    /// Document to pages.
    Preprocess,
    /// Pages to words.
    Ocr,
    /// Words to invoice.
    Extract,
}

impl StageName {
    /// All of them, in order.
    pub const ALL: [Self; 3] = [Self::Preprocess, Self::Ocr, Self::Extract];

    /// The stage as it stands in subjects, metrics and the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Preprocess => "preprocess",
            Self::Ocr => "ocr",
            Self::Extract => "extract",
        }
    }

    /// The stage after this one; `None` after the last.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        match self {
            Self::Preprocess => Some(Self::Ocr),
            Self::Ocr => Some(Self::Extract),
            Self::Extract => None,
        }
    }
}

impl fmt::Display for StageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for StageName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|stage| stage.as_str() == text)
            .ok_or_else(|| format!("no stage '{text}'; there are preprocess, ocr and extract"))
    }
}

/// What a stage made of a job.
#[derive(Debug)]
pub enum Outcome {
    /// The next stage's input.
    Handed(ObjectRef),
    /// The published result (body of `invoice.extracted`), from the last stage.
    Extracted(Box<RawValue>),
}

/// One step of the pipeline.
///
/// Knows neither the broker nor the status: the runner claims, renews, times out, settles.
pub trait Stage: Send + Sync + 'static {
    /// Which stage this is.
    const NAME: StageName;

    /// Called once before the first job: a missing library or model stops the service then, with
    /// a message that names it.
    ///
    /// # Errors
    /// `Internal`, naming what is missing and the command that installs it.
    fn warm_up(&self) -> impl Future<Output = Result<(), StageError>> + Send {
        async { Ok(()) }
    }

    /// Adds what the stage counts itself to the process's metrics. Called once, at the start.
    fn register(&self, _metrics: &Metrics) {}

    /// Does the work of one job with what lies at the broker: `objects`, and for the last stage the index of
    /// invoices. A redelivery runs it again, so the same input must give the same output. Dropping the future abandons the work (deadline, shutdown).
    fn run(
        &self,
        job: &Job,
        objects: &(impl ObjectStore + DuplicateIndex),
    ) -> impl Future<Output = Result<Outcome, StageError>> + Send;
}
