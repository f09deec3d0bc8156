//! What a worker can still do once it has shut itself in.

use common::error::ErrorKind;
use common::page::MediaType::{Jpeg, Pdf};
use common::stage::Stage;
use common::worker::Handler;
use libtest_mimic::Trial;
use preprocess::explain::Explainer;
use preprocess::params::Params;
use preprocess::reader::{ExplainedPage, PageMaker, Request, Response};

use crate::paper::Paper;
use crate::world::{config, fact, fixture, prepare_with, program, stage};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        fact("a_font_of_the_machine_is_found_inside_the_sandbox", fonts),
        fact("a_service_starts_only_with_its_sandbox", starts),
        fact("a_document_with_one_pixel_more_than_allowed_is_refused", too_many_pixels),
    ]
}

/// A page in a font that it does not bring along.
fn without_its_font(name: &str) -> Vec<u8> {
    let form = "/Type /XObject /Subtype /Form /BBox [0 0 400 600] \
                /Resources << /Font << /F9 11 0 R >> >>";
    let font = format!(
        "<< /Type /Font /Subtype /TrueType /BaseFont /{name} /Encoding /WinAnsiEncoding >>"
    );
    let paper = Paper::default().stream(form, b"BT /F9 60 Tf 20 300 Td (Giimm) Tj ET");
    paper.object(&font).page("/Im Do").bytes()
}

async fn pictured_inside(bytes: Vec<u8>) -> Vec<Vec<u8>> {
    let explained = Explainer::open(&config(), program(), Pdf, bytes.into()).await;
    pictures(explained.unwrap().page(1).await.unwrap())
}

fn pictured_outside(maker: &mut PageMaker, bytes: Vec<u8>) -> Vec<Vec<u8>> {
    maker.handle(Request::Open { bytes: bytes.into(), media_type: Pdf }).unwrap();
    match maker.handle(Request::Explain { number: 1 }).unwrap() {
        Response::Explained(page) => pictures(page),
        other => panic!("{other:?}"),
    }
}

fn pictures(page: ExplainedPage) -> Vec<Vec<u8>> {
    page.pictures.into_iter().map(|picture| picture.png.into_vec()).collect()
}

/// The picture is the same as in this process, which has no sandbox; on a machine with fonts, a worker
/// that could not open them would draw another.
async fn fonts() {
    // One document: what PDFium substitutes depends on what it substituted before.
    let mut maker = PageMaker::new(Params::from_config(&config())).unwrap();
    let bytes = without_its_font("DejaVuSansMono-Bold");
    let outside = pictured_outside(&mut maker, bytes.clone());
    assert!(!outside.is_empty());
    assert!(pictured_inside(bytes).await == outside, "another picture inside the sandbox");
}

async fn starts() {
    let required = config();
    assert_eq!(required.worker.sandbox, common::config::Sandbox::Required);
    stage(&required).warm_up().await.unwrap();
}

async fn too_many_pixels() {
    let image = fixture("grey.jpg");
    let whole = prepare_with(&config(), Jpeg, &image).await.unwrap();
    let geometry = whole.document.pages[0].geometry;
    let pixels = u64::from(geometry.width_px) * u64::from(geometry.height_px);
    let enough = config().with("limits.max_document_pixels", pixels).unwrap();
    prepare_with(&enough, Jpeg, &image).await.unwrap();
    let small = config().with("limits.max_document_pixels", pixels - 1).unwrap();
    let Err(error) = prepare_with(&small, Jpeg, &image).await else { panic!("it was accepted") };
    assert_eq!((error.kind, &*error.code), (ErrorKind::Rejected, "too_many_pixels"));
    assert!(error.message.contains(&pixels.to_string()), "{error}");
}
