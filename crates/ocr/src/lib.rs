//! Pages to words: the `ocr` stage, in reading order.
//!
//! In the service: `stage` takes a prepared document and asks for one page after the other,
//! `merge` joins a text layer with a reading, `layout` puts words into lines. Set by
//! `params`, failing with `error`.
//!
//! In a worker process: `reader` answers requests, `raster` decodes the page's pixels,
//! `engine` reads them (`engine::tesseract` is the only file that names leptess), `tsv`
//! takes its answer apart.

mod engine;
mod error;
mod layout;
mod merge;
mod params;
mod raster;
mod reader;
mod stage;
mod tsv;

pub use error::OcrError;
pub use stage::{Ocr, worker_main};
