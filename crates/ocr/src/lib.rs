//! Pages to words: the `ocr` stage, in reading order.
//!
//! In the service: `stage` takes a prepared document and asks for one page after the other,
//! `merge` joins a text layer with a reading, `layout` puts words into lines. Set by
//! `params`, counting in `metrics`, failing with `error`.
//!
//! In a worker process: `reader` answers requests, `raster` decodes the page's pixels,
//! `policy` decides which engine reads and whose reading counts, with `language` telling
//! languages apart and `gaps` finding print that was not read. `engine::ppocr` is PP-OCRv6 (its
//! `session` is the only file that names ort), `engine::tesseract` the only file that names leptess;
//! `segmentation` chooses its mode, and `tsv` takes its answer apart.

mod engine;
mod error;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod gaps;
mod language;
mod layout;
mod merge;
mod metrics;
mod params;
mod policy;
mod raster;
mod reader;
mod segmentation;
mod stage;
mod tsv;

pub use error::OcrError;
pub use params::Setup;
pub use reader::{PageReader, Request, Response};
pub use stage::{Ocr, worker_main};
