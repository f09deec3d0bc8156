//! Scans in PDFs, photographs, and images as documents.

use common::page::MediaType::{Jpeg, Pdf, Png};
use libtest_mimic::Trial;

use crate::paper::Paper;
use crate::world::{fact, fixture, prepare};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        fact("a_scan_in_a_pdf_keeps_its_pixels", scan_keeps_its_pixels),
        fact("every_exif_orientation_shows_the_same_upright_page", exif_orientations),
        fact("a_png_becomes_one_page", png_becomes_one_page),
        fact("text_over_a_scan_is_not_believed", text_over_a_scan),
    ]
}

/// Grey pixels with a dark upper left quarter.
fn picture(width: usize, height: usize) -> Vec<u8> {
    let dark = |i: usize| i % width < width / 2 && i / width < height / 2;
    (0..width * height).map(|i| if dark(i) { 40 } else { 230 }).collect()
}

fn scan(over: &str) -> Paper {
    let entries = "/Type /XObject /Subtype /Image /Width 800 /Height 1200 \
                   /ColorSpace /DeviceGray /BitsPerComponent 8";
    Paper::default()
        .page(&format!("q 400 0 0 600 0 0 cm /Im Do Q {over}"))
        .stream(entries, &picture(800, 1200))
}

async fn scan_keeps_its_pixels() {
    // 800 x 1200 pixels on 400 x 600 points are 144 DPI, below what is drawn at.
    let done = prepare(Pdf, &scan("").bytes()).await.unwrap();
    let page = &done.document.pages[0];
    let (width, height, grey) = done.raster(0).await;
    assert_eq!((width, height), (page.geometry.width_px, page.geometry.height_px));
    assert_eq!((width, height), (833, 1250));
    assert!((page.geometry.dpi - 150.0).abs() < 0.1);
    let at = |x: u32, y: u32| grey[(y * width + x) as usize];
    assert!(at(100, 100).abs_diff(40) < 5, "{}", at(100, 100));
    assert!(at(700, 100).abs_diff(230) < 5 && at(100, 1000).abs_diff(230) < 5);
}

async fn text_over_a_scan() {
    let line = "BT /F1 10 Tf 40 300 Td (what some recogniser has read) Tj ET ";
    let done = prepare(Pdf, &scan(&line.repeat(20)).bytes()).await.unwrap();
    let page = &done.document.pages[0];
    assert!(page.words.is_empty() && page.raster.is_some());
}

async fn png_becomes_one_page() {
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, 80, 120);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header().unwrap().write_image_data(&picture(80, 120)).unwrap();
    let done = prepare(Png, &png).await.unwrap();
    let (width, height, grey) = done.raster(0).await;
    assert_eq!((width, height), (80, 120));
    assert_eq!(grey, picture(80, 120));
    assert_eq!(done.document.pages.len(), 1);
}

/// The stored picture is 64 x 48 with a black corner at the upper left; each orientation says
/// where that corner belongs.
async fn exif_orientations() {
    let jpeg = fixture("grey.jpg");
    let corners = [
        (1, false, false, 0),
        (2, true, false, 0),
        (3, true, true, 180),
        (4, false, true, 180),
        (5, false, false, 90),
        (6, true, false, 90),
        (7, true, true, 270),
        (8, false, true, 270),
    ];
    for (value, right, bottom, degrees) in corners {
        let done = prepare(Jpeg, &oriented(&jpeg, value)).await.unwrap();
        let (width, height, grey) = done.raster(0).await;
        let upright = if value < 5 { (64, 48) } else { (48, 64) };
        assert_eq!((width, height), upright, "{value}");
        let x = if right { width - 4 } else { 4 };
        let y = if bottom { height - 4 } else { 4 };
        assert!(grey[(y * width + x) as usize] < 20, "{value}");
        if value != 2 && value != 4 && value != 5 && value != 7 {
            assert_eq!(done.document.pages[0].geometry.rotation_degrees, degrees, "{value}");
        }
    }
}

/// Puts an EXIF segment with nothing but an orientation behind the start of a JPEG.
fn oriented(jpeg: &[u8], value: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0\x2A\0\0\0\x08".to_vec();
    // One entry: tag 0x0112, type SHORT, count 1, value; no further directory.
    exif.extend_from_slice(&[0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, value, 0, 0, 0, 0, 0, 0]);
    let mut bytes = jpeg[..2].to_vec();
    bytes.extend_from_slice(&[0xFF, 0xE1, 0, exif.len() as u8 + 2]);
    bytes.extend_from_slice(&exif);
    bytes.extend_from_slice(&jpeg[2..]);
    bytes
}
