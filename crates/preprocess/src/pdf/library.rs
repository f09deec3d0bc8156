//! Finding and loading libpdfium.so, once a process.

use std::path::PathBuf;

use pdfium_render::prelude::{Pdfium, PdfiumLibraryBindings};

use crate::error::PreprocessError;

/// File name of the library.
const LIBRARY_FILE: &str = "libpdfium.so";

/// PDFium, initialised. Never unloaded: the process ends with it.
#[derive(Clone, Copy)]
pub(crate) struct Library {
    pub(super) bindings: &'static dyn PdfiumLibraryBindings,
}

impl Library {
    /// Loads the library at `path`; an empty `path` looks beside this program, in `../lib`, in
    /// `vendor/lib` of the build tree and the working folder, then on the system.
    ///
    /// # Errors
    /// [`PreprocessError::LibraryMissing`] naming what was tried.
    pub(crate) fn load(path: &str) -> Result<Self, PreprocessError> {
        let missing = |reason| PreprocessError::LibraryMissing { reason };
        let bound = if path.is_empty() {
            match candidates().into_iter().find(|candidate| candidate.is_file()) {
                Some(found) => Pdfium::bind_to_library(found),
                None => Pdfium::bind_to_system_library(),
            }
        } else {
            Pdfium::bind_to_library(path)
        };
        let bindings = bound.map_err(|error| missing(error.to_string()))?;
        let bindings: &'static dyn PdfiumLibraryBindings = Box::leak(bindings);
        #[expect(unsafe_code, reason = "Invariant: called once, before any other PDFium function")]
        // SAFETY: nothing of PDFium has been used before; loading twice fails above.
        unsafe {
            bindings.FPDF_InitLibrary();
        }
        Ok(Self { bindings })
    }
}

/// Where an installation or a build tree keeps the library.
fn candidates() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    let program = std::env::current_exe().ok();
    if let Some(beside) = program.as_deref().and_then(|path| path.parent()) {
        folders.push(beside.to_path_buf());
        folders.push(beside.join("../lib"));
        // target/release/invoice-ocr
        folders.push(beside.join("../../vendor/lib"));
    }
    folders.push(PathBuf::from("vendor/lib"));
    folders.into_iter().map(|folder| folder.join(LIBRARY_FILE)).collect()
}
