//! What the configuration says about reading.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use common::config::Config;
use common::stage::StageName;
use common::worker::{Budget, Limits};

/// Settings of the stage.
#[derive(Clone, Debug)]
pub(crate) struct Params {
    /// Pages read at once.
    pub(crate) workers: usize,
    /// Tesseract codes, for documents that choose none.
    pub(crate) languages: Vec<String>,
    /// Tesseract's `--psm`, 0 to 13.
    pub(crate) page_segmentation_mode: u8,
    /// For one page.
    pub(crate) budget: Budget,
    /// Of one worker process.
    pub(crate) limits: Limits,
    /// For every worker process.
    pub(crate) setup: Setup,
}

/// What a worker process is told at its start.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Setup {
    /// Folder of `*.traineddata`; `None` for Tesseract's own.
    pub(crate) tessdata: Option<String>,
    /// Loaded at start, so that what is missing is told then.
    pub(crate) languages: Vec<String>,
    /// Most pixels of one raster.
    pub(crate) max_pixels: u64,
}

impl From<&Config> for Params {
    fn from(config: &Config) -> Self {
        let tessdata = &config.worker.tessdata;
        Self {
            workers: config.stage(StageName::Ocr).worker_count(),
            languages: config.ocr.languages.clone(),
            page_segmentation_mode: config.ocr.page_segmentation_mode,
            budget: Budget {
                wall: Duration::from_secs(config.worker.wall_seconds_per_page),
                cpu_seconds: config.worker.cpu_seconds_per_page,
            },
            limits: Limits {
                memory_bytes: config.worker.memory_bytes,
                max_documents: config.worker.max_documents,
                max_resident_bytes: config.worker.max_resident_bytes,
            },
            setup: Setup {
                tessdata: (!tessdata.is_empty()).then(|| tessdata.clone()),
                languages: config.ocr.languages.clone(),
                max_pixels: config.limits.max_page_pixels,
            },
        }
    }
}
