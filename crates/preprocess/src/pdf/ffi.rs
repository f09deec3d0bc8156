//! Safe handles on PDFium's documents and pages. The crate's high-level API hides what the trust
//! test needs (Unicode map errors) and panics on odd attachments, so this uses its bindings.
#![expect(unsafe_code, reason = "calls into PDFium; every handle is checked and closed here")]

mod objects;
mod text;

use std::cell::OnceCell;
use std::ffi::{c_int, c_ulong, c_void};
use std::marker::PhantomData;

use pdfium_render::prelude::{
    FPDF_ATTACHMENT, FPDF_DOCUMENT, FPDF_PAGE, FS_MATRIX, FS_RECTF, PdfiumLibraryBindings,
};

use crate::pdf::library::Library;
pub(super) use objects::{Drawing, Pixels, PlacedImage, extent};
pub(super) use text::RawCharacter;

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

/// What the names of all kinds of image masks have in common: /Mask, /SMask, /ImageMask.
const MASK: &[u8] = b"Mask";

/// The unit matrix.
const IDENTITY: FS_MATRIX = FS_MATRIX { a: 1.0, b: 0.0, c: 0.0, d: 1.0, e: 0.0, f: 0.0 };

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
    bytes: Vec<u8>,
    /// Found out when it is first asked for.
    may_mask: OnceCell<bool>,
}

impl Document {
    pub(super) fn open(library: Library, bytes: Vec<u8>) -> Result<Self, OpenError> {
        let api = library.bindings;
        // SAFETY: `bytes` is neither moved out of its allocation nor changed before `drop` closes
        // the document.
        let handle = unsafe { api.FPDF_LoadMemDocument64(&bytes, None) };
        if !handle.is_null() {
            return Ok(Self { api, handle, bytes, may_mask: OnceCell::new() });
        }
        // SAFETY: no arguments.
        match unsafe { api.FPDF_GetLastError() } {
            ERROR_PASSWORD | ERROR_SECURITY => Err(OpenError::Encrypted),
            _ => Err(OpenError::Damaged),
        }
    }

    /// Whether any image may have a mask. An image's dictionary belongs to a stream and so stands
    /// in the file as it is; only the pixels may be compressed.
    pub(super) fn may_mask(&self) -> bool {
        *self.may_mask.get_or_init(|| self.bytes.windows(MASK.len()).any(|bytes| bytes == MASK))
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
