//! Safe handles on PDFium's documents, pages and text. The crate's high-level API hides what the
//! trust test needs (Unicode map errors) and panics on odd attachments, so this uses its bindings.
#![expect(unsafe_code, reason = "calls into PDFium; every handle is checked and closed here")]

use std::ffi::{c_int, c_ulong, c_void};
use std::marker::PhantomData;

use pdfium_render::prelude::{
    FPDF_ATTACHMENT, FPDF_DOCUMENT, FPDF_PAGE, FPDF_PAGEOBJ_FORM, FPDF_PAGEOBJ_IMAGE,
    FPDF_PAGEOBJECT, FPDF_TEXTPAGE, FS_MATRIX, FS_RECTF, PdfiumLibraryBindings,
};

use crate::pdf::library::Library;

/// `FPDFBitmap_Gray` of fpdfview.h: one byte a pixel.
const BITMAP_GREY: c_int = 1;

/// `FPDF_ANNOT | FPDF_GRAYSCALE` of fpdfview.h: filled-in form fields are part of an invoice.
const RENDER_FLAGS: c_int = 0x01 | 0x08;

/// Opaque white, ARGB.
const WHITE: c_ulong = 0xFFFF_FFFF;

/// `FPDF_ERR_PASSWORD` and `FPDF_ERR_SECURITY` of fpdfview.h.
const ERROR_PASSWORD: c_ulong = 4;
const ERROR_SECURITY: c_ulong = 5;

/// `FLAT_NORMALDISPLAY` and `FLATTEN_SUCCESS` of fpdf_flatten.h.
const FLATTEN_FOR_DISPLAY: c_int = 0;
const FLATTEN_SUCCESS: c_int = 1;

/// Deepest nesting of form objects that is followed; real files use two or three levels.
const MAX_FORM_DEPTH: u32 = 8;

/// Longest attachment name, UTF-16 units: file systems end at 255.
const MAX_NAME_UNITS: usize = 1024;

/// Why a document does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OpenError {
    Encrypted,
    Damaged,
}

/// An open document with the bytes PDFium reads from.
pub(super) struct Document {
    api: &'static dyn PdfiumLibraryBindings,
    handle: FPDF_DOCUMENT,
    /// PDFium keeps a pointer into it until the document is closed.
    _bytes: Vec<u8>,
}

impl Document {
    pub(super) fn open(library: Library, bytes: Vec<u8>) -> Result<Self, OpenError> {
        let api = library.bindings;
        // SAFETY: `bytes` is neither moved out of its allocation nor changed before `drop` closes
        // the document.
        let handle = unsafe { api.FPDF_LoadMemDocument64(&bytes, None) };
        if !handle.is_null() {
            return Ok(Self { api, handle, _bytes: bytes });
        }
        // SAFETY: no arguments.
        match unsafe { api.FPDF_GetLastError() } {
            ERROR_PASSWORD | ERROR_SECURITY => Err(OpenError::Encrypted),
            _ => Err(OpenError::Damaged),
        }
    }

    pub(super) fn page_count(&self) -> u32 {
        // SAFETY: the handle is open.
        u32::try_from(unsafe { self.api.FPDF_GetPageCount(self.handle) }).unwrap_or(0)
    }

    /// Page `index`, counted from 0.
    pub(super) fn page(&self, index: u32) -> Option<Page<'_>> {
        let index = c_int::try_from(index).ok()?;
        // SAFETY: the handle is open; PDFium checks the index.
        let handle = unsafe { self.api.FPDF_LoadPage(self.handle, index) };
        (!handle.is_null()).then_some(Page { api: self.api, handle, document: PhantomData })
    }

    pub(super) fn attachment_count(&self) -> u32 {
        // SAFETY: the handle is open.
        u32::try_from(unsafe { self.api.FPDFDoc_GetAttachmentCount(self.handle) }).unwrap_or(0)
    }

    pub(super) fn attachment(&self, index: u32) -> Option<Attachment<'_>> {
        let index = c_int::try_from(index).ok()?;
        // SAFETY: the handle is open; PDFium checks the index.
        let handle = unsafe { self.api.FPDFDoc_GetAttachment(self.handle, index) };
        (!handle.is_null()).then_some(Attachment { api: self.api, handle, document: PhantomData })
    }
}

impl Drop for Document {
    fn drop(&mut self) {
        // SAFETY: open since `open`, and pages and attachments borrow `self`.
        unsafe { self.api.FPDF_CloseDocument(self.handle) }
    }
}

/// A file inside a document.
pub(super) struct Attachment<'d> {
    api: &'static dyn PdfiumLibraryBindings,
    handle: FPDF_ATTACHMENT,
    document: PhantomData<&'d Document>,
}

impl Attachment<'_> {
    /// Its file name; `None` when it has none or an absurdly long one.
    pub(super) fn name(&self) -> Option<String> {
        let mut units = [0_u16; MAX_NAME_UNITS];
        let capacity = (units.len() * size_of::<u16>()) as c_ulong;
        // SAFETY: the buffer has `capacity` bytes; PDFium writes only when the name fits.
        let needed =
            unsafe { self.api.FPDFAttachment_GetName(self.handle, units.as_mut_ptr(), capacity) };
        let len = usize::try_from(needed).ok()? / size_of::<u16>();
        let name = String::from_utf16_lossy(units.get(..len)?);
        let name = name.trim_end_matches('\0');
        (!name.is_empty()).then(|| name.to_owned())
    }

    /// Length of its content, bytes; 0 when there is none.
    pub(super) fn len(&self) -> u64 {
        let mut len: c_ulong = 0;
        let none = std::ptr::null_mut();
        // SAFETY: a null buffer of length 0 asks for the length alone.
        let known = unsafe { self.api.FPDFAttachment_GetFile(self.handle, none, 0, &raw mut len) };
        if self.api.is_true(known) { len } else { 0 }
    }

    /// Its content, which has `len` bytes.
    pub(super) fn bytes(&self, len: u64) -> Option<Vec<u8>> {
        let mut bytes = vec![0_u8; usize::try_from(len).ok()?];
        let mut written: c_ulong = 0;
        let buffer = bytes.as_mut_ptr().cast::<c_void>();
        // SAFETY: the buffer has `len` bytes; PDFium writes only when the content fits.
        let done =
            unsafe { self.api.FPDFAttachment_GetFile(self.handle, buffer, len, &raw mut written) };
        (self.api.is_true(done) && written == len).then_some(bytes)
    }
}

/// An open page. Coordinates are PDF's: points, y upwards, before /Rotate.
pub(super) struct Page<'d> {
    api: &'static dyn PdfiumLibraryBindings,
    handle: FPDF_PAGE,
    document: PhantomData<&'d Document>,
}

/// An image on a page.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlacedImage {
    /// Maps the unit square onto the page.
    pub(super) matrix: FS_MATRIX,
    pub(super) width_px: u32,
    pub(super) height_px: u32,
}

/// What is drawn on a page.
#[derive(Debug, Default)]
pub(super) struct Drawing {
    pub(super) images: Vec<PlacedImage>,
    /// Objects of any kind, nested ones included.
    pub(super) objects: usize,
}

impl<'d> Page<'d> {
    /// Width and height after /Rotate, points.
    pub(super) fn size(&self) -> (f32, f32) {
        // SAFETY: the handle is open.
        unsafe {
            (self.api.FPDF_GetPageWidthF(self.handle), self.api.FPDF_GetPageHeightF(self.handle))
        }
    }

    /// Clockwise quarters of /Rotate.
    pub(super) fn quarters(&self) -> i32 {
        // SAFETY: the handle is open.
        unsafe { self.api.FPDFPage_GetRotation(self.handle) }
    }

    /// The visible part of the page.
    pub(super) fn visible(&self) -> Option<FS_RECTF> {
        let mut rect = FS_RECTF { left: 0.0, top: 0.0, right: 0.0, bottom: 0.0 };
        // SAFETY: the handle is open and `rect` lives through the call.
        let known = unsafe { self.api.FPDF_GetPageBoundingBox(self.handle, &raw mut rect) };
        self.api.is_true(known).then_some(rect)
    }

    pub(super) fn annotation_count(&self) -> u32 {
        // SAFETY: the handle is open.
        u32::try_from(unsafe { self.api.FPDFPage_GetAnnotCount(self.handle) }).unwrap_or(0)
    }

    /// Draws form fields and notes into the page itself, so that its text includes them. The page
    /// has to be loaded again afterwards. False when there was nothing to draw.
    pub(super) fn flatten(&self) -> bool {
        // SAFETY: the handle is open.
        unsafe { self.api.FPDFPage_Flatten(self.handle, FLATTEN_FOR_DISPLAY) == FLATTEN_SUCCESS }
    }

    pub(super) fn text(&self) -> Option<TextPage<'_, 'd>> {
        // SAFETY: the handle is open.
        let handle = unsafe { self.api.FPDFText_LoadPage(self.handle) };
        (!handle.is_null()).then_some(TextPage { api: self.api, handle, page: PhantomData })
    }

    /// What is drawn on the page; stops after `max_objects`.
    pub(super) fn drawing(&self, max_objects: usize) -> Drawing {
        let mut drawing = Drawing::default();
        // SAFETY: the handle is open.
        let count = unsafe { self.api.FPDFPage_CountObjects(self.handle) };
        for index in 0..count {
            if drawing.objects >= max_objects {
                break;
            }
            // SAFETY: the page is open and the index below its count.
            let object = unsafe { self.api.FPDFPage_GetObject(self.handle, index) };
            self.visit(object, IDENTITY, 0, max_objects, &mut drawing);
        }
        drawing
    }

    fn visit(
        &self,
        object: FPDF_PAGEOBJECT,
        outer: FS_MATRIX,
        depth: u32,
        max_objects: usize,
        drawing: &mut Drawing,
    ) {
        if object.is_null() {
            return;
        }
        drawing.objects += 1;
        let mut matrix = IDENTITY;
        // SAFETY: the object belongs to the open page and is not null.
        let kind = unsafe { self.api.FPDFPageObj_GetType(object) };
        let kind = u32::try_from(kind).unwrap_or(0);
        if kind != FPDF_PAGEOBJ_IMAGE && kind != FPDF_PAGEOBJ_FORM {
            return;
        }
        // SAFETY: as above; `matrix` lives through the call.
        let placed = unsafe { self.api.FPDFPageObj_GetMatrix(object, &raw mut matrix) };
        if !self.api.is_true(placed) {
            return;
        }
        let matrix = concatenated(matrix, outer);
        if kind == FPDF_PAGEOBJ_IMAGE {
            let (mut width_px, mut height_px) = (0, 0);
            // SAFETY: the object is an image; both numbers live through the call.
            let known = unsafe {
                self.api.FPDFImageObj_GetImagePixelSize(
                    object,
                    &raw mut width_px,
                    &raw mut height_px,
                )
            };
            if self.api.is_true(known) {
                drawing.images.push(PlacedImage { matrix, width_px, height_px });
            }
        } else if depth < MAX_FORM_DEPTH {
            // SAFETY: the object is a form.
            let count = unsafe { self.api.FPDFFormObj_CountObjects(object) };
            for index in 0..c_ulong::try_from(count).unwrap_or(0) {
                if drawing.objects >= max_objects {
                    return;
                }
                // SAFETY: the object is a form and the index below its count.
                let inner = unsafe { self.api.FPDFFormObj_GetObject(object, index) };
                self.visit(inner, matrix, depth + 1, max_objects, drawing);
            }
        }
    }

    /// Draws the page upright into `width_px` x `height_px` grey pixels on white.
    pub(super) fn render(&self, width_px: u32, height_px: u32) -> Option<Vec<u8>> {
        let (width, height) = (c_int::try_from(width_px).ok()?, c_int::try_from(height_px).ok()?);
        let len = (width_px as usize).checked_mul(height_px as usize)?;
        let mut grey = vec![u8::MAX; len];
        let buffer = grey.as_mut_ptr().cast::<c_void>();
        // SAFETY: `grey` holds `height` rows of `width` bytes and outlives the bitmap, which is
        // destroyed below; the page is open.
        unsafe {
            let bitmap = self.api.FPDFBitmap_CreateEx(width, height, BITMAP_GREY, buffer, width);
            if bitmap.is_null() {
                return None;
            }
            self.api.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, WHITE);
            self.api.FPDF_RenderPageBitmap(
                bitmap,
                self.handle,
                0,
                0,
                width,
                height,
                0,
                RENDER_FLAGS,
            );
            self.api.FPDFBitmap_Destroy(bitmap);
        }
        Some(grey)
    }
}

impl Drop for Page<'_> {
    fn drop(&mut self) {
        // SAFETY: open since `Document::page`; text pages borrow `self`.
        unsafe { self.api.FPDF_ClosePage(self.handle) }
    }
}

/// The text of a page.
pub(super) struct TextPage<'p, 'd> {
    api: &'static dyn PdfiumLibraryBindings,
    handle: FPDF_TEXTPAGE,
    page: PhantomData<&'p Page<'d>>,
}

/// One character as PDFium reports it.
#[derive(Clone, Copy, Debug)]
pub(super) struct RawCharacter {
    /// A Unicode scalar or a UTF-16 half.
    pub(super) code: u32,
    /// Made up by PDFium: spaces and line ends between runs.
    pub(super) generated: bool,
    /// The font does not say which character the glyph is.
    pub(super) unmapped: bool,
    /// Drawn in an invisible rendering mode.
    pub(super) invisible: bool,
    /// Advance width by ascent and descent.
    pub(super) loose: FS_RECTF,
    /// Start of the baseline.
    pub(super) origin: (f64, f64),
    /// Font size before `matrix`.
    pub(super) font_size: f64,
    pub(super) matrix: FS_MATRIX,
}

impl TextPage<'_, '_> {
    pub(super) fn len(&self) -> i32 {
        // SAFETY: the handle is open.
        unsafe { self.api.FPDFText_CountChars(self.handle) }
    }

    pub(super) fn character(&self, index: i32) -> RawCharacter {
        /// `FPDF_TEXTRENDERMODE_INVISIBLE` and `_CLIP` of fpdf_edit.h.
        const INVISIBLE: [c_int; 2] = [3, 7];
        let (api, text) = (self.api, self.handle);
        let mut loose = FS_RECTF { left: 0.0, top: 0.0, right: 0.0, bottom: 0.0 };
        let (mut x, mut y) = (0.0, 0.0);
        let mut matrix = IDENTITY;
        // SAFETY: the text page is open, PDFium checks the index in each call, and every place it
        // writes to lives through the call. A null object is not asked for its mode.
        unsafe {
            let generated = api.FPDFText_IsGenerated(text, index) == 1;
            if !generated {
                api.FPDFText_GetLooseCharBox(text, index, &raw mut loose);
                api.FPDFText_GetCharOrigin(text, index, &raw mut x, &raw mut y);
                api.FPDFText_GetMatrix(text, index, &raw mut matrix);
            }
            let object = api.FPDFText_GetTextObject(text, index);
            let invisible =
                !object.is_null() && INVISIBLE.contains(&api.FPDFTextObj_GetTextRenderMode(object));
            RawCharacter {
                code: api.FPDFText_GetUnicode(text, index),
                generated,
                unmapped: api.FPDFText_HasUnicodeMapError(text, index) == 1,
                invisible,
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

const IDENTITY: FS_MATRIX = FS_MATRIX { a: 1.0, b: 0.0, c: 0.0, d: 1.0, e: 0.0, f: 0.0 };

/// `inner` first, then `outer`.
fn concatenated(inner: FS_MATRIX, outer: FS_MATRIX) -> FS_MATRIX {
    FS_MATRIX {
        a: inner.a * outer.a + inner.b * outer.c,
        b: inner.a * outer.b + inner.b * outer.d,
        c: inner.c * outer.a + inner.d * outer.c,
        d: inner.c * outer.b + inner.d * outer.d,
        e: inner.e * outer.a + inner.f * outer.c + outer.e,
        f: inner.e * outer.b + inner.f * outer.d + outer.f,
    }
}
