//! The product from outside: its executable, its HTTP side, its events, on real documents, with a
//! real broker, PDFium and Tesseract. Needs what `scripts/setup` installs.

mod documents;
mod faults;
mod limits;
mod operation;
mod support;
