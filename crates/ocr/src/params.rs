//! What the configuration says about reading.

use serde::{Deserialize, Serialize};

use common::config::{Config, Engines, PageSegmentation};
use common::stage::StageName;
use common::vendored;
use common::worker::{Budget, Limits};

/// Settings of the stage.
#[derive(Clone, Debug)]
pub(crate) struct Params {
    /// Pages read at once.
    pub(crate) workers: usize,
    /// Tesseract codes, for documents that choose none.
    pub(crate) languages: Vec<String>,
    /// For one page.
    pub(crate) budget: Budget,
    /// Of one worker process.
    pub(crate) limits: Limits,
    /// For every worker process.
    pub(crate) setup: Setup,
}

/// What a worker process is told at its start.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Setup {
    /// Which engines read.
    pub engines: Engines,
    /// Absolute path of ONNX Runtime's shared library.
    pub onnxruntime_library: String,
    /// Absolute path of the folder of PP-OCR's networks.
    pub models: String,
    /// Tesseract's `--psm`.
    pub page_segmentation_mode: PageSegmentation,
    /// Folder of `*.traineddata`; `None` for Tesseract's own.
    pub tessdata: Option<String>,
    /// Loaded at start, so that what is missing is told then.
    pub languages: Vec<String>,
    /// Most pixels of one raster.
    pub max_pixels: u64,
}

impl From<&Config> for Params {
    fn from(config: &Config) -> Self {
        Self {
            workers: config.stage(StageName::Ocr).worker_count(),
            languages: config.ocr.languages.clone(),
            budget: Budget::from(&config.worker),
            limits: Limits::from(&config.worker),
            setup: Setup::from(config),
        }
    }
}

impl From<&Config> for Setup {
    /// Looks for libraries and networks too: a worker has neither this process's folder nor its
    /// environment.
    fn from(config: &Config) -> Self {
        let tessdata = &config.worker.tessdata;
        Self {
            engines: config.ocr.engines,
            onnxruntime_library: vendored::library(
                &config.worker.onnxruntime_library,
                "libonnxruntime.so",
            ),
            models: vendored::folder(&config.worker.models, "models"),
            page_segmentation_mode: config.ocr.page_segmentation_mode,
            tessdata: (!tessdata.is_empty()).then(|| tessdata.clone()),
            languages: config.ocr.languages.clone(),
            max_pixels: config.limits.max_page_pixels,
        }
    }
}
