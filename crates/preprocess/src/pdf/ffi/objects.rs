//! What is drawn on a page: its images, where they lie, and their pixels.
#![expect(unsafe_code, reason = "calls into PDFium; every handle is checked and closed here")]

use std::ffi::{c_int, c_ulong};
use std::marker::PhantomData;

use pdfium_render::prelude::{
    FPDF_BITMAP, FPDF_PAGEOBJ_FORM, FPDF_PAGEOBJ_IMAGE, FPDF_PAGEOBJ_SHADING, FPDF_PAGEOBJ_TEXT,
    FPDF_PAGEOBJECT, FS_MATRIX, FS_RECTF, PdfiumLibraryBindings,
};

use super::{IDENTITY, Page};

/// Deepest nesting of form objects that is followed; real files use two or three levels.
const MAX_FORM_DEPTH: u32 = 8;

/// Bytes of a pixel by `FPDFBitmap_Gray`, `_BGR`, `_BGRx` and `_BGRA` of fpdfview.h.
const PIXEL_BYTES: [(c_int, usize); 4] = [(1, 1), (2, 3), (3, 4), (4, 4)];

/// Share of an image's longer side by which a clip may miss its edge.
const CLIP_SLACK: f32 = 0.002;

/// A rectangle has four corners and a way back to the first.
const MAX_RECTANGLE_SEGMENTS: c_int = 5;

/// Contains no point.
const NOWHERE: FS_RECTF = FS_RECTF {
    left: f32::INFINITY,
    top: f32::NEG_INFINITY,
    right: f32::NEG_INFINITY,
    bottom: f32::INFINITY,
};

/// An image on a page.
#[derive(Clone, Copy, Debug)]
pub(in crate::pdf) struct PlacedImage {
    /// Maps the unit square onto the page.
    pub(in crate::pdf) matrix: FS_MATRIX,
    /// Pixels of the stored image.
    pub(in crate::pdf) width_px: u32,
    pub(in crate::pdf) height_px: u32,
    /// Number of the object among all of the page, in the order of painting.
    pub(in crate::pdf) order: usize,
    /// Painted by the page itself, all of it and opaque as far as the page says; its own mask is
    /// not known.
    pub(in crate::pdf) plain: bool,
}

/// What is drawn on a page.
#[derive(Debug, Default)]
pub(in crate::pdf) struct Drawing<'p> {
    /// In the order of painting.
    pub(in crate::pdf) images: Vec<PlacedImage>,
    /// Where colours run into each other, in PDF's coordinates.
    pub(in crate::pdf) shadings: Vec<FS_RECTF>,
    /// Objects of any kind, nested ones included.
    pub(in crate::pdf) objects: usize,
    /// Order of the last object that is neither text nor a group.
    pub(in crate::pdf) last_drawn: usize,
    /// Handles of `images`, and of the text objects.
    image_handles: Vec<FPDF_PAGEOBJECT>,
    text_handles: Vec<FPDF_PAGEOBJECT>,
    page: PhantomData<&'p Page<'p>>,
}

/// Pixels of an embedded image as it is stored, colours already as they are shown.
#[derive(Clone, Copy)]
pub(in crate::pdf) struct Pixels<'b> {
    pub(in crate::pdf) width_px: u32,
    pub(in crate::pdf) height_px: u32,
    /// 1 for grey, 3 and 4 for blue, green, red and filling.
    pub(in crate::pdf) pixel_bytes: usize,
    /// Bytes of a row, filling included.
    pub(in crate::pdf) stride: usize,
    pub(in crate::pdf) bytes: &'b [u8],
}

impl Page<'_> {
    /// What is drawn on the page; stops after `max_objects`.
    pub(in crate::pdf) fn drawing(&self, max_objects: usize) -> Drawing<'_> {
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
        drawing: &mut Drawing<'_>,
    ) {
        if object.is_null() {
            return;
        }
        drawing.objects += 1;
        // SAFETY: the object belongs to the open page and is not null.
        let kind = unsafe { self.api.FPDFPageObj_GetType(object) };
        match u32::try_from(kind).unwrap_or(0) {
            FPDF_PAGEOBJ_TEXT => drawing.text_handles.push(object),
            FPDF_PAGEOBJ_FORM => self.visit_form(object, outer, depth, max_objects, drawing),
            FPDF_PAGEOBJ_IMAGE => {
                drawing.last_drawn = drawing.objects;
                self.visit_image(object, outer, depth, drawing);
            }
            FPDF_PAGEOBJ_SHADING => {
                drawing.last_drawn = drawing.objects;
                drawing.shadings.extend(self.bounds(object, outer));
            }
            _ => drawing.last_drawn = drawing.objects,
        }
    }

    fn visit_form(
        &self,
        form: FPDF_PAGEOBJECT,
        outer: FS_MATRIX,
        depth: u32,
        max_objects: usize,
        drawing: &mut Drawing<'_>,
    ) {
        let Some(matrix) = self.matrix(form).filter(|_| depth < MAX_FORM_DEPTH) else { return };
        // SAFETY: the object is a form.
        let count = unsafe { self.api.FPDFFormObj_CountObjects(form) };
        for index in 0..c_ulong::try_from(count).unwrap_or(0) {
            if drawing.objects >= max_objects {
                return;
            }
            // SAFETY: the object is a form and the index below its count.
            let inner = unsafe { self.api.FPDFFormObj_GetObject(form, index) };
            self.visit(inner, concatenated(matrix, outer), depth + 1, max_objects, drawing);
        }
    }

    fn visit_image(
        &self,
        image: FPDF_PAGEOBJECT,
        outer: FS_MATRIX,
        depth: u32,
        drawing: &mut Drawing<'_>,
    ) {
        let Some(matrix) = self.matrix(image) else { return };
        let matrix = concatenated(matrix, outer);
        let (mut width_px, mut height_px) = (0, 0);
        // SAFETY: the object is an image; both numbers live through the call.
        let known = unsafe {
            self.api.FPDFImageObj_GetImagePixelSize(image, &raw mut width_px, &raw mut height_px)
        };
        if !self.api.is_true(known) {
            return;
        }
        // SAFETY: the object belongs to the open page.
        let see_through = unsafe { self.api.FPDFPageObj_HasTransparency(image) };
        let plain = depth == 0 && !self.api.is_true(see_through) && !self.clips(image, &matrix);
        let order = drawing.objects;
        drawing.images.push(PlacedImage { matrix, width_px, height_px, order, plain });
        drawing.image_handles.push(image);
    }

    fn matrix(&self, object: FPDF_PAGEOBJECT) -> Option<FS_MATRIX> {
        let mut matrix = IDENTITY;
        // SAFETY: the object belongs to the open page; `matrix` lives through the call.
        let placed = unsafe { self.api.FPDFPageObj_GetMatrix(object, &raw mut matrix) };
        self.api.is_true(placed).then_some(matrix)
    }

    fn bounds(&self, object: FPDF_PAGEOBJECT, outer: FS_MATRIX) -> Option<FS_RECTF> {
        let (mut left, mut bottom, mut right, mut top) = (0.0, 0.0, 0.0, 0.0);
        // SAFETY: the object belongs to the open page; the numbers live through the call.
        let known = unsafe {
            self.api.FPDFPageObj_GetBounds(
                object,
                &raw mut left,
                &raw mut bottom,
                &raw mut right,
                &raw mut top,
            )
        };
        let matrix =
            FS_MATRIX { a: right - left, b: 0.0, c: 0.0, d: top - bottom, e: left, f: bottom };
        self.api.is_true(known).then(|| extent(&concatenated(matrix, outer)))
    }

    /// Whether the page shows only a part of an image that `matrix` places.
    fn clips(&self, image: FPDF_PAGEOBJECT, matrix: &FS_MATRIX) -> bool {
        let whole = extent(matrix);
        // A clip that follows the image's edge may differ by rounding.
        let slack = CLIP_SLACK * (whole.right - whole.left).max(whole.top - whole.bottom);
        let api = self.api;
        // SAFETY: the object belongs to the open page; a clip path, its paths and their segments
        // belong to the object, each index is below its count, and PDFium accepts null handles.
        unsafe {
            let clip = api.FPDFPageObj_GetClipPath(image);
            if clip.is_null() {
                return false;
            }
            (0..api.FPDFClipPath_CountPaths(clip)).any(|path| {
                let segments = api.FPDFClipPath_CountPathSegments(clip, path);
                if segments > MAX_RECTANGLE_SEGMENTS {
                    return true;
                }
                let mut shown = NOWHERE;
                for segment in 0..segments {
                    let (mut x, mut y) = (0.0, 0.0);
                    let segment = api.FPDFClipPath_GetPathSegment(clip, path, segment);
                    api.FPDFPathSegment_GetPoint(segment, &raw mut x, &raw mut y);
                    (shown.left, shown.right) = (shown.left.min(x), shown.right.max(x));
                    (shown.bottom, shown.top) = (shown.bottom.min(y), shown.top.max(y));
                }
                shown.left > whole.left + slack
                    || shown.right < whole.right - slack
                    || shown.bottom > whole.bottom + slack
                    || shown.top < whole.top - slack
            })
        }
    }

    /// What `read` makes of the pixels of image `index` of `drawing` as stored, masks left aside;
    /// `None` when PDFium cannot decode it.
    pub(in crate::pdf) fn read_pixels<R>(
        &self,
        drawing: &Drawing<'_>,
        index: usize,
        read: impl FnOnce(Pixels<'_>) -> Option<R>,
    ) -> Option<R> {
        let image = *drawing.image_handles.get(index)?;
        // SAFETY: the image belongs to the open page, which `drawing` borrows.
        let bitmap =
            Bitmap { api: self.api, handle: unsafe { self.api.FPDFImageObj_GetBitmap(image) } };
        read(bitmap.pixels()?)
    }

    /// Draws the page as [`Page::render`] does, all but its text.
    pub(in crate::pdf) fn render_without_text(
        &self,
        drawing: &Drawing<'_>,
        width_px: u32,
        height_px: u32,
    ) -> Option<Vec<u8>> {
        self.show_text(drawing, false);
        let grey = self.render(width_px, height_px);
        self.show_text(drawing, true);
        grey
    }

    fn show_text(&self, drawing: &Drawing<'_>, shown: bool) {
        for object in &drawing.text_handles {
            // SAFETY: the object belongs to the open page, which `drawing` borrows.
            unsafe { self.api.FPDFPageObj_SetIsActive(*object, i32::from(shown)) };
        }
    }
}

/// A bitmap that PDFium has made.
struct Bitmap {
    api: &'static dyn PdfiumLibraryBindings,
    handle: FPDF_BITMAP,
}

impl Bitmap {
    fn pixels(&self) -> Option<Pixels<'_>> {
        let (api, bitmap) = (self.api, self.handle);
        if bitmap.is_null() {
            return None;
        }
        // SAFETY: the bitmap is not null and destroyed by `drop` only.
        let (format, width, height, stride, buffer) = unsafe {
            (
                api.FPDFBitmap_GetFormat(bitmap),
                api.FPDFBitmap_GetWidth(bitmap),
                api.FPDFBitmap_GetHeight(bitmap),
                api.FPDFBitmap_GetStride(bitmap),
                api.FPDFBitmap_GetBuffer(bitmap).cast::<u8>(),
            )
        };
        let (_, pixel_bytes) = PIXEL_BYTES.into_iter().find(|(known, _)| *known == format)?;
        let (width_px, height_px) = (u32::try_from(width).ok()?, u32::try_from(height).ok()?);
        let stride = usize::try_from(stride).ok()?;
        let len = stride.checked_mul(height_px as usize)?;
        let fits = (width_px as usize).checked_mul(pixel_bytes)? <= stride;
        if buffer.is_null() || len == 0 || !fits {
            return None;
        }
        // SAFETY: PDFium's buffer holds `height` rows of `stride` bytes until it is destroyed,
        // which the borrow of `self` outlives.
        let bytes = unsafe { std::slice::from_raw_parts(buffer, len) };
        Some(Pixels { width_px, height_px, pixel_bytes, stride, bytes })
    }
}

impl Drop for Bitmap {
    fn drop(&mut self) {
        // SAFETY: made for `self` alone; PDFium accepts null.
        unsafe { self.api.FPDFBitmap_Destroy(self.handle) }
    }
}

/// The smallest rectangle around the unit square as `m` places it.
pub(in crate::pdf) fn extent(m: &FS_MATRIX) -> FS_RECTF {
    let xs = [m.e, m.e + m.a, m.e + m.c, m.e + m.a + m.c];
    let ys = [m.f, m.f + m.b, m.f + m.d, m.f + m.b + m.d];
    let least = |values: [f32; 4]| values.into_iter().fold(f32::INFINITY, f32::min);
    let most = |values: [f32; 4]| values.into_iter().fold(f32::NEG_INFINITY, f32::max);
    FS_RECTF { left: least(xs), right: most(xs), bottom: least(ys), top: most(ys) }
}

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
