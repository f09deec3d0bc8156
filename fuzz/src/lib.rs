//! The targets: each takes any bytes, gives them to a parser and panics where a promise is broken.
//!
//! They are plain functions, so that the fuzzer (`fuzz_targets/`) and a test of every corpus file
//! (`tests/corpora.rs`) run the same. Documents: [`extract_words()`], made of `words` out of a
//! `vocabulary`; [`amounts_and_dates()`], [`hints_file()`], [`e_invoice()`], with `outcome` for
//! what a result has to be. Between processes: [`stage_objects()`], [`worker_frames()`]. At the
//! door: [`request_heads()`], [`credentials()`], [`media_type()`], [`multipart_upload()`],
//! [`callback_urls()`], [`result_corrections()`]. In a worker: [`tesseract_tables()`].

mod amounts_and_dates;
mod callback_urls;
mod credentials;
mod e_invoice;
mod extract_words;
pub mod golden;
mod hints_file;
mod media_type;
mod multipart_upload;
mod outcome;
mod request_heads;
mod result_corrections;
mod stage_objects;
mod tesseract_tables;
pub mod vocabulary;
pub mod words;
mod worker_frames;

pub use amounts_and_dates::amounts_and_dates;
pub use callback_urls::callback_urls;
pub use credentials::credentials;
pub use e_invoice::e_invoice;
pub use extract_words::extract_words;
pub use hints_file::hints_file;
pub use media_type::media_type;
pub use multipart_upload::multipart_upload;
pub use request_heads::request_heads;
pub use result_corrections::result_corrections;
pub use stage_objects::stage_objects;
pub use tesseract_tables::tesseract_tables;
pub use worker_frames::worker_frames;

/// Every target by the name of its corpus.
pub const TARGETS: [(&str, fn(&[u8])); 13] = [
    ("amounts_and_dates", amounts_and_dates),
    ("callback_urls", callback_urls),
    ("credentials", credentials),
    ("e_invoice", e_invoice),
    ("extract_words", extract_words),
    ("hints_file", hints_file),
    ("media_type", media_type),
    ("multipart_upload", multipart_upload),
    ("request_heads", request_heads),
    ("result_corrections", result_corrections),
    ("stage_objects", stage_objects),
    ("tesseract_tables", tesseract_tables),
    ("worker_frames", worker_frames),
];
