//! Loading libpdfium.so, once a process.

use pdfium_render::prelude::{Pdfium, PdfiumLibraryBindings};

use crate::error::PreprocessError;

/// PDFium, initialised. Never unloaded: the process ends with it.
#[derive(Clone, Copy)]
pub(crate) struct Library {
    pub(super) bindings: &'static dyn PdfiumLibraryBindings,
}

impl Library {
    /// Loads the library at `path`, or the system's when that is empty.
    ///
    /// # Errors
    /// [`PreprocessError::LibraryMissing`] naming what was tried.
    pub(crate) fn load(path: &str) -> Result<Self, PreprocessError> {
        let bound = if path.is_empty() {
            Pdfium::bind_to_system_library()
        } else {
            Pdfium::bind_to_library(path)
        };
        let bindings =
            bound.map_err(|error| PreprocessError::LibraryMissing { reason: error.to_string() })?;
        let bindings: &'static dyn PdfiumLibraryBindings = Box::leak(bindings);
        #[expect(unsafe_code, reason = "Invariant: called once, before any other PDFium function")]
        // SAFETY: nothing of PDFium has been used before; loading twice fails above.
        unsafe {
            bindings.FPDF_InitLibrary();
        }
        Ok(Self { bindings })
    }
}
