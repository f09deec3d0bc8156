//! Turns a document into pages: a sound text layer as words, anything else as an upright grey
//! raster that recognition reads best.
//!
//! In reading order: [`stage`] runs in the service and has its `pages` made by worker processes
//! (`reading` is one document in one of them), where [`reader`] keeps it open. PDF goes through `pdf` (PDFium) and, where the
//! page's own text can be trusted, [`text_layer`]; JPEG and PNG go through `image`. Pixels are a
//! [`raster`], which passes through the steps of [`step`] (OpenCV, by way of `mat`).
//! [`explain`] does the same for people to look at. [`error`] says what can be wrong with a document, [`params`] what a worker is told.

pub mod error;
pub mod explain;
pub mod geometry;
pub mod params;
pub mod raster;
pub mod reader;
pub mod stage;
pub mod step;
pub mod text_layer;

mod image;
mod mat;
mod pages;
mod pdf;
mod reading;

pub use stage::{Preprocess, worker_main};
