//! A safe handle on the text of a page.
#![expect(unsafe_code, reason = "calls into PDFium; every handle is checked and closed here")]

use std::ffi::c_int;
use std::marker::PhantomData;

use pdfium_render::prelude::{FPDF_TEXTPAGE, FS_MATRIX, FS_RECTF, PdfiumLibraryBindings};

use super::{IDENTITY, Page};

impl<'d> Page<'d> {
    /// The text of the page; `None` when it cannot be read.
    pub(in crate::pdf) fn text(&self) -> Option<TextPage<'_, 'd>> {
        // SAFETY: the handle is open.
        let handle = unsafe { self.api.FPDFText_LoadPage(self.handle) };
        (!handle.is_null()).then_some(TextPage { api: self.api, handle, page: PhantomData })
    }
}

/// The text of a page.
pub(in crate::pdf) struct TextPage<'p, 'd> {
    api: &'static dyn PdfiumLibraryBindings,
    handle: FPDF_TEXTPAGE,
    page: PhantomData<&'p Page<'d>>,
}

/// One character as PDFium reports it.
#[derive(Clone, Copy, Debug)]
pub(in crate::pdf) struct RawCharacter {
    /// A Unicode scalar or a UTF-16 half.
    pub(in crate::pdf) code: u32,
    /// Made up by PDFium: spaces and line ends between runs.
    pub(in crate::pdf) generated: bool,
    /// The font does not say which character the glyph is.
    pub(in crate::pdf) unmapped: bool,
    /// Drawn in an invisible rendering mode.
    pub(in crate::pdf) invisible: bool,
    /// Tells the fonts of a page apart; 0 for generated characters.
    pub(in crate::pdf) font: usize,
    /// Advance width by ascent and descent.
    pub(in crate::pdf) loose: FS_RECTF,
    /// Start of the baseline.
    pub(in crate::pdf) origin: (f64, f64),
    /// Font size before `matrix`.
    pub(in crate::pdf) font_size: f64,
    pub(in crate::pdf) matrix: FS_MATRIX,
}

impl TextPage<'_, '_> {
    pub(in crate::pdf) fn len(&self) -> i32 {
        // SAFETY: the handle is open.
        unsafe { self.api.FPDFText_CountChars(self.handle) }
    }

    pub(in crate::pdf) fn character(&self, index: i32) -> RawCharacter {
        /// `FPDF_TEXTRENDERMODE_INVISIBLE` and `_CLIP` of fpdf_edit.h.
        const INVISIBLE: [c_int; 2] = [3, 7];
        let (api, text) = (self.api, self.handle);
        let mut loose = FS_RECTF { left: 0.0, top: 0.0, right: 0.0, bottom: 0.0 };
        let (mut x, mut y) = (0.0, 0.0);
        let mut matrix = IDENTITY;
        // SAFETY: the text page is open, PDFium checks the index in each call, and every place it
        // writes to lives through the call. A null object is not asked, and the font's
        // address is compared only.
        unsafe {
            let generated = api.FPDFText_IsGenerated(text, index) == 1;
            if !generated {
                api.FPDFText_GetLooseCharBox(text, index, &raw mut loose);
                api.FPDFText_GetCharOrigin(text, index, &raw mut x, &raw mut y);
                api.FPDFText_GetMatrix(text, index, &raw mut matrix);
            }
            let object = api.FPDFText_GetTextObject(text, index);
            let (invisible, font) = if object.is_null() {
                (false, 0)
            } else {
                let mode = api.FPDFTextObj_GetTextRenderMode(object);
                (INVISIBLE.contains(&mode), api.FPDFTextObj_GetFont(object).addr())
            };
            RawCharacter {
                code: api.FPDFText_GetUnicode(text, index),
                generated,
                unmapped: api.FPDFText_HasUnicodeMapError(text, index) == 1,
                invisible,
                font,
                loose,
                origin: (x, y),
                font_size: api.FPDFText_GetFontSize(text, index),
                matrix,
            }
        }
    }
}

impl Drop for TextPage<'_, '_> {
    fn drop(&mut self) {
        // SAFETY: open since `Page::text`.
        unsafe { self.api.FPDFText_ClosePage(self.handle) }
    }
}
