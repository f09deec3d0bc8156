//! One document open in one worker.

use bytes::Bytes;
use serde_bytes::ByteBuf;

use common::error::StageError;
use common::page::MediaType;
use common::page::claim::{self, Unbelievable};
use common::worker::{Budget, Lease};

use crate::error::PreprocessError;
use crate::params::Params;
use crate::pdf::MAX_XML_FILES;
use crate::reader::{ExplainedPage, MadePage, PageMaker, Request, Response, XmlFile};

/// Longest name of an attachment that is carried along, characters; file systems end at 255.
const MAX_NAME_CHARS: usize = 255;

/// Most pictures of one page: one before the first step and one after each.
const MAX_PICTURES: usize = 64;

/// The exclusive use of a worker for a document.
pub(crate) struct Reading {
    lease: Lease<PageMaker>,
    budget: Budget,
    params: Params,
}

impl Reading {
    /// Uses `lease`, each request within `budget`; what it answers has to be within `params`.
    pub(crate) fn new(lease: Lease<PageMaker>, budget: Budget, params: &Params) -> Self {
        Self { lease, budget, params: params.clone() }
    }

    /// Opens the document: its number of pages, and e-invoices attached to it.
    pub(crate) async fn open(
        &mut self,
        media_type: MediaType,
        bytes: &Bytes,
    ) -> Result<(u32, Vec<XmlFile>), StageError> {
        let request = Request::Open { bytes: ByteBuf::from(bytes.to_vec()), media_type };
        match self.lease.call(&request, self.budget).await? {
            Response::Opened { pages, embedded_xml } => {
                opened(pages, embedded_xml, media_type, &self.params)
            }
            _ => Err(out_of_turn()),
        }
    }

    /// Makes page `number`, counted from 1.
    pub(crate) async fn page(&mut self, number: u32) -> Result<MadePage, StageError> {
        match self.lease.call(&Request::Page { number }, self.budget).await? {
            Response::Page(page) => made(page, number, &self.params),
            _ => Err(out_of_turn()),
        }
    }

    /// Makes page `number` with a picture for each step.
    pub(crate) async fn explain(&mut self, number: u32) -> Result<ExplainedPage, StageError> {
        match self.lease.call(&Request::Explain { number }, self.budget).await? {
            Response::Explained(page) => explained(page, number, &self.params),
            _ => Err(out_of_turn()),
        }
    }

    /// Has the worker forget the document.
    pub(crate) async fn close(mut self) -> Result<(), StageError> {
        match self.lease.call(&Request::Close, self.budget).await? {
            Response::Closed => Ok(()),
            _ => Err(out_of_turn()),
        }
    }
}

/// What a worker says of a document that it opened, as far as it can be.
fn opened(
    pages: u32,
    files: Vec<XmlFile>,
    media_type: MediaType,
    params: &Params,
) -> Result<(u32, Vec<XmlFile>), StageError> {
    let most = if media_type == MediaType::Pdf { params.max_pages } else { 1 };
    if !(1..=most).contains(&pages) || files.len() > MAX_XML_FILES {
        return Err(protocol("the worker counted pages or attachments beyond the limits"));
    }
    let limit = params.max_embedded_xml_bytes;
    let mut believed = Vec::with_capacity(files.len());
    for XmlFile { name, bytes } in files {
        let seen = bytes.len() as u64;
        if seen > limit {
            return Err(PreprocessError::EmbeddedXmlTooLarge { limit, seen }.into());
        }
        let name = name.chars().filter(|c| !c.is_control()).take(MAX_NAME_CHARS).collect();
        believed.push(XmlFile { name, bytes });
    }
    Ok((pages, believed))
}

/// What a worker says of page `number`, as far as it can be.
fn made(page: MadePage, number: u32, params: &Params) -> Result<MadePage, StageError> {
    let MadePage { geometry, words, doubted, preparation, png } = page;
    claim::check_geometry(&geometry, number)?;
    if let Some(png) = &png {
        let (width_px, height_px) = (geometry.width_px, geometry.height_px);
        claim::check_raster(png, width_px, height_px)?;
        params.check_area(number, width_px.into(), height_px.into())?;
    }
    Ok(MadePage {
        geometry,
        words: claim::words(words)?,
        doubted: claim::words(doubted)?,
        preparation: claim::preparation(preparation)?,
        png,
    })
}

/// The same, with its pictures: the names of their steps become names of files.
fn explained(
    page: ExplainedPage,
    number: u32,
    params: &Params,
) -> Result<ExplainedPage, StageError> {
    let ExplainedPage { page, pictures } = page;
    if pictures.len() > MAX_PICTURES || !pictures.iter().all(|one| claim::is_name(&one.step)) {
        return Err(Unbelievable::Preparation.into());
    }
    Ok(ExplainedPage { page: made(page, number, params)?, pictures })
}

fn protocol(message: &str) -> StageError {
    StageError::internal("worker_protocol", message)
}

/// What a worker says is untrusted: it has parsed hostile bytes.
fn out_of_turn() -> StageError {
    protocol("the worker answered something else than asked")
}

#[cfg(test)]
mod tests {
    use common::config::Config;
    use common::page::{PageGeometry, Preparation};

    use crate::raster::Raster;
    use crate::reader::Picture;

    use super::*;

    fn params() -> Params {
        Params::from_config(&Config::defaults().unwrap())
    }

    fn page() -> MadePage {
        let geometry = PageGeometry {
            number: 3,
            width_px: 4,
            height_px: 2,
            dpi: 200.0,
            rotation_degrees: 0,
            skew_degrees: 0.0,
        };
        let png = Raster::new(4, 2, vec![0; 8]).unwrap().to_png().unwrap();
        MadePage {
            geometry,
            words: Vec::new(),
            doubted: Vec::new(),
            preparation: Preparation::default(),
            png: Some(png.into()),
        }
    }

    fn file(name: &str, bytes: usize) -> XmlFile {
        XmlFile { name: name.to_owned(), bytes: vec![b'x'; bytes].into() }
    }

    #[test]
    fn pages_and_attachments_are_within_the_limits() {
        let params = Params { max_pages: 5, max_embedded_xml_bytes: 10, ..params() };
        let open = |pages, files| opened(pages, files, MediaType::Pdf, &params);
        let (pages, files) = open(5, vec![file("a\n.xml", 10)]).unwrap();
        assert_eq!((pages, files[0].name.as_str()), (5, "a.xml"));
        assert_eq!(open(0, Vec::new()).unwrap_err().code, "worker_protocol");
        assert_eq!(open(6, Vec::new()).unwrap_err().code, "worker_protocol");
        let many = (0..=MAX_XML_FILES).map(|_| file("a.xml", 1)).collect();
        assert_eq!(open(1, many).unwrap_err().code, "worker_protocol");
        let large = open(1, vec![file("a.xml", 11)]).unwrap_err();
        assert_eq!(large.code, "embedded_xml_too_large");
        let image = opened(2, Vec::new(), MediaType::Png, &params).unwrap_err();
        assert_eq!(image.code, "worker_protocol");
    }

    #[test]
    fn a_page_is_the_one_asked_for_with_the_raster_it_says() {
        assert!(made(page(), 3, &params()).is_ok());
        assert_eq!(made(page(), 4, &params()).unwrap_err().code, "worker_protocol");
        let geometry = PageGeometry { width_px: 2, height_px: 4, ..page().geometry };
        let other = MadePage { geometry, ..page() };
        assert_eq!(made(other, 3, &params()).unwrap_err().code, "worker_protocol");
        let small = Params { max_page_pixels: 7, ..params() };
        assert_eq!(made(page(), 3, &small).unwrap_err().code, "page_too_large");
    }

    #[test]
    fn pictures_have_names_that_lead_nowhere() {
        let named = |step: &str| {
            let picture = Picture { step: step.to_owned(), png: Vec::new().into() };
            explained(ExplainedPage { page: page(), pictures: vec![picture] }, 3, &params())
        };
        assert!(named("deskew").is_ok());
        assert_eq!(named("../../home").unwrap_err().code, "worker_protocol");
    }
}
