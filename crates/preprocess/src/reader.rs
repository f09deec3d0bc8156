//! The worker's side: one open document, read page by page, so that a long document never is in
//! memory as pixels.

use std::path::PathBuf;

use common::page::{MediaType, PageGeometry, Preparation, Word};
use common::worker::{Fault, Handler};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::error::PreprocessError;
use crate::image;
use crate::mat;
use crate::params::Params;
use crate::pdf::{Library, Pdf};
use crate::raster::Raster;
use crate::step::{self, Observer};

/// Degrees.
const FULL_TURN: u16 = 360;

/// Where PDFium looks for fonts on Linux when a document comes without its own: it lists them at the
/// first such document and reads each one that is needed, so they cannot all be loaded before.
const FONT_FOLDERS: [&str; 4] = [
    "/usr/share/fonts",
    "/usr/share/X11/fonts/Type1",
    "/usr/share/X11/fonts/TTF",
    "/usr/local/share/fonts",
];

/// What the stage asks of a worker. A lease starts with `Open` and ends with `Close`.
#[derive(Debug, Serialize, Deserialize)]
pub enum Request {
    /// Opens a document; one that was open is closed.
    Open {
        /// The document.
        bytes: ByteBuf,
        /// What it is, by its first bytes.
        media_type: MediaType,
    },
    /// Reads a page of the open document.
    Page {
        /// 1 for the first page.
        number: u32,
    },
    /// Reads a page as `Page` does, and keeps what it looked like after each step.
    Explain {
        /// 1 for the first page.
        number: u32,
    },
    /// Forgets the open document.
    Close,
}

/// What a worker answers, in the order of [`Request`].
#[derive(Debug, Serialize, Deserialize)]
pub enum Response {
    /// The document is open.
    Opened {
        /// Number of pages, at least 1.
        pages: u32,
        /// E-invoices attached to it.
        embedded_xml: Vec<XmlFile>,
    },
    /// A page.
    Page(MadePage),
    /// A page and its pictures.
    Explained(ExplainedPage),
    /// The document is forgotten.
    Closed,
}

/// An e-invoice inside a document.
#[derive(Debug, Serialize, Deserialize)]
pub struct XmlFile {
    /// The attachment's name.
    pub name: String,
    /// Its content.
    pub bytes: ByteBuf,
}

/// A page with the pixels that recognition needs.
#[derive(Debug, Serialize, Deserialize)]
pub struct MadePage {
    /// Size and turn.
    pub geometry: PageGeometry,
    /// Words of a sound text layer.
    pub words: Vec<Word>,
    /// Words of a text layer that a reading has to confirm.
    pub doubted: Vec<Word>,
    /// What was measured and done.
    pub preparation: Preparation,
    /// 8-bit grey PNG, where the page has to be read by recognition.
    pub png: Option<ByteBuf>,
}

/// A page with what it looked like on its way.
#[derive(Debug, Serialize, Deserialize)]
pub struct ExplainedPage {
    /// The page as the stage gets it.
    pub page: MadePage,
    /// Before the first step and after each one. A page that needs no pixels has the one picture of
    /// what it looks like, or none where it cannot be drawn.
    pub pictures: Vec<Picture>,
}

/// A page after a step.
#[derive(Debug, Serialize, Deserialize)]
pub struct Picture {
    /// Name of the step, or [`step::ORIGINAL`].
    pub step: String,
    /// 8-bit grey PNG.
    pub png: ByteBuf,
}

/// Makes pages of documents.
pub struct PageMaker {
    params: Params,
    library: Library,
    open: Option<OpenDocument>,
}

enum OpenDocument {
    Pdf(Pdf),
    Image { bytes: Vec<u8>, media_type: MediaType },
}

impl Handler for PageMaker {
    type Setup = Params;
    type Request = Request;
    type Response = Response;

    fn start(setup: Params) -> Result<Self, Fault> {
        Ok(Self::new(setup)?)
    }

    fn read_later(&self) -> Vec<PathBuf> {
        FONT_FOLDERS.into_iter().map(PathBuf::from).collect()
    }

    fn handle(&mut self, request: Request) -> Result<Response, Fault> {
        let response = match request {
            Request::Open { bytes, media_type } => self.open(bytes.into_vec(), media_type)?,
            Request::Page { number } => Response::Page(self.page(number, &mut ())?),
            Request::Explain { number } => {
                let mut album = Album::default();
                let page = self.page(number, &mut album)?;
                if page.png.is_none() {
                    self.draw(&page.geometry, &mut album);
                }
                Response::Explained(ExplainedPage { page, pictures: album.pictures })
            }
            Request::Close => {
                self.open = None;
                Response::Closed
            }
        };
        Ok(response)
    }
}

impl PageMaker {
    /// Loads PDFium. Once a process.
    ///
    /// # Errors
    /// [`PreprocessError::LibraryMissing`].
    pub fn new(params: Params) -> Result<Self, PreprocessError> {
        mat::configure()?;
        let library = Library::load(&params.pdfium_library)?;
        Ok(Self { params, library, open: None })
    }

    fn open(&mut self, bytes: Vec<u8>, media_type: MediaType) -> Result<Response, PreprocessError> {
        self.open = None;
        if bytes.is_empty() {
            return Err(PreprocessError::NoPages);
        }
        match media_type {
            MediaType::Pdf => {
                let pdf = Pdf::open(self.library, bytes, &self.params)?;
                let files = pdf.embedded_xml(&self.params)?.into_iter();
                let embedded_xml = files
                    .map(|file| XmlFile { name: file.name, bytes: ByteBuf::from(file.bytes) })
                    .collect();
                let pages = pdf.page_count();
                self.open = Some(OpenDocument::Pdf(pdf));
                Ok(Response::Opened { pages, embedded_xml })
            }
            MediaType::Jpeg | MediaType::Png => {
                self.open = Some(OpenDocument::Image { bytes, media_type });
                Ok(Response::Opened { pages: 1, embedded_xml: Vec::new() })
            }
            // The stage hands it on by itself.
            MediaType::Xml => Err(PreprocessError::NoPages),
        }
    }

    fn page(&self, number: u32, observer: &mut impl Observer) -> Result<MadePage, PreprocessError> {
        match &self.open {
            Some(OpenDocument::Pdf(pdf)) if (1..=pdf.page_count()).contains(&number) => {
                let page = pdf.page(number, &self.params)?;
                let mut made = match page.raster {
                    None => bare(page.geometry),
                    // Sound words say where the page is and which way is up.
                    Some(raster) if page.is_scan && page.words.is_empty() => {
                        self.prepared(page.geometry, raster, observer)?
                    }
                    Some(raster) => {
                        observer.after(step::ORIGINAL, &raster)?;
                        made(page.geometry, &raster, Preparation::default())?
                    }
                };
                made.words = page.words;
                // A page that was turned or cut out has its words elsewhere.
                if !made.preparation.steps.iter().any(|done| step::moves_words(&done.name)) {
                    made.doubted = page.doubted;
                }
                made.preparation.doubt = page.doubt.map(|doubt| doubt.name().to_owned());
                made.preparation.measurements.extend(page.measurements);
                Ok(made)
            }
            Some(OpenDocument::Image { bytes, media_type }) if number == 1 => {
                let image = image::decode(*media_type, bytes, &self.params)?;
                let geometry = PageGeometry {
                    number,
                    width_px: image.raster.width_px(),
                    height_px: image.raster.height_px(),
                    dpi: image.dpi,
                    rotation_degrees: image.rotation_degrees,
                    skew_degrees: 0.0,
                };
                self.prepared(geometry, image.raster, observer)
            }
            Some(OpenDocument::Pdf(pdf)) => {
                Err(PreprocessError::NoSuchPage { page: number, count: pdf.page_count() })
            }
            Some(OpenDocument::Image { .. }) => {
                Err(PreprocessError::NoSuchPage { page: number, count: 1 })
            }
            None => Err(PreprocessError::NoSuchPage { page: number, count: 0 }),
        }
    }

    /// A picture of a page that was read without one. It is for people to look at, so a page that
    /// cannot be drawn goes without.
    fn draw(&self, geometry: &PageGeometry, album: &mut Album) {
        let Some(OpenDocument::Pdf(pdf)) = &self.open else { return };
        let picture = pdf.picture(geometry.number, geometry.rotation_degrees, &self.params);
        // The album takes no picture that is not encoded.
        drop(picture.and_then(|raster| album.after(step::ORIGINAL, &raster)));
    }

    fn prepared(
        &self,
        geometry: PageGeometry,
        raster: Raster,
        observer: &mut impl Observer,
    ) -> Result<MadePage, PreprocessError> {
        let prepared = step::prepare(raster, &self.params, observer)?;
        let geometry = PageGeometry {
            dpi: geometry.dpi * prepared.scale,
            rotation_degrees: (geometry.rotation_degrees + prepared.turned_degrees) % FULL_TURN,
            skew_degrees: prepared.skew_degrees,
            ..geometry
        };
        made(geometry, &prepared.raster, prepared.preparation)
    }
}

/// Keeps a picture of each step.
#[derive(Default)]
struct Album {
    pictures: Vec<Picture>,
}

impl Observer for Album {
    fn after(&mut self, step: &'static str, raster: &Raster) -> Result<(), PreprocessError> {
        let png = ByteBuf::from(raster.to_png()?);
        self.pictures.push(Picture { step: step.to_owned(), png });
        Ok(())
    }
}

impl std::fmt::Debug for PageMaker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PageMaker").field("params", &self.params).finish_non_exhaustive()
    }
}

/// A page that recognition has nothing to do with.
fn bare(geometry: PageGeometry) -> MadePage {
    MadePage {
        geometry,
        words: Vec::new(),
        doubted: Vec::new(),
        preparation: Preparation::default(),
        png: None,
    }
}

fn made(
    geometry: PageGeometry,
    raster: &Raster,
    preparation: Preparation,
) -> Result<MadePage, PreprocessError> {
    let png = raster.to_png()?;
    let (width_px, height_px) = (raster.width_px(), raster.height_px());
    let geometry = PageGeometry { width_px, height_px, ..geometry };
    Ok(MadePage { preparation, png: Some(ByteBuf::from(png)), ..bare(geometry) })
}
