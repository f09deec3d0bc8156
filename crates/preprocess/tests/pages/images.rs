//! Scans in PDFs, photographs, and images as documents.

use common::page::MediaType::{Jpeg, Pdf, Png};
use libtest_mimic::Trial;

use crate::layers::grey_image;
use crate::paper::{FIRST_EXTRA, Paper};
use crate::world::{fact, fixture, prepare};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        fact("a_scan_in_a_pdf_keeps_its_pixels", scan_keeps_its_pixels),
        fact("every_exif_orientation_shows_the_same_upright_page", exif_orientations),
        fact("a_png_becomes_one_page", png_becomes_one_page),
        fact("pixels_that_are_taken_are_those_that_drawing_shows", taken_and_drawn),
        fact("a_scan_of_600_dpi_is_halved", fine_scan),
        fact("an_image_with_a_mask_is_drawn", masked_image),
        fact("a_part_of_an_image_is_drawn", clipped_image),
        fact("a_scan_on_its_side_is_turned_and_levelled_and_says_so", scan_on_its_side),
    ]
}

/// Grey pixels with a dark upper left quarter.
fn picture(width: usize, height: usize) -> Vec<u8> {
    let dark = |i: usize| i % width < width / 2 && i / width < height / 2;
    (0..width * height).map(|i| if dark(i) { 40 } else { 230 }).collect()
}

/// A page of 4 x 6 inches with an image on all of it.
fn scan(placed: &str, entries: &str, pixels: &[u8]) -> Paper {
    Paper::default()
        .page(&format!("q {placed} cm /Im Do Q"))
        .page_entries("/MediaBox [0 0 288 432]")
        .stream(entries, pixels)
}

/// The same on a page of 0.4 x 0.3 inches: 64 x 48 pixels are 160 DPI.
fn small_scan(entries: &str, pixels: &[u8]) -> Paper {
    scan("28.8 0 0 21.6 0 0", entries, pixels).page_entries("/MediaBox [0 0 28.8 21.6]")
}

const UPRIGHT: &str = "288 0 0 432 0 0";

async fn scan_keeps_its_pixels() {
    // 100 DPI, below what pages are drawn at.
    let pixels = picture(400, 600);
    let done = prepare(Pdf, &scan(UPRIGHT, &grey_image(400, 600), &pixels).bytes()).await.unwrap();
    let page = &done.document.pages[0];
    assert_eq!(page.preparation.doubt.as_deref(), Some("too-little-text"));
    let (width, height, grey) = done.raster(0).await;
    assert_eq!((width, height), (page.geometry.width_px, page.geometry.height_px));
    let scale = page.geometry.dpi / 100.0;
    assert!((width as f32 - 400.0 * scale).abs() < 2.0, "{width} at {scale}");
    if width == 400 {
        assert_eq!(grey, pixels);
    }
}

/// A file that names a mask anywhere has its pages drawn.
async fn taken_and_drawn() {
    let jpeg = fixture("ycbcr.jpg");
    let lines: Vec<u8> =
        (0..100 * 1200).map(|i| if i / 100 / 8 % 2 == 0 { 0x0F } else { 0 }).collect();
    let colours: Vec<u8> = picture(800, 1200).iter().flat_map(|v| [*v, 255 - *v, 60]).collect();
    let image = "/Type /XObject /Subtype /Image /Width 800 /Height 1200";
    let kinds = [
        ("grey", grey_image(800, 1200), picture(800, 1200)),
        ("inverted", format!("{} /Decode [1 0]", grey_image(800, 1200)), picture(800, 1200)),
        (
            "two tones",
            format!("{image} /ColorSpace /DeviceGray /BitsPerComponent 1"),
            lines.clone(),
        ),
        (
            "palette",
            format!(
                "{image} /ColorSpace [/Indexed /DeviceRGB 1 <A01010F0F0FF>] /BitsPerComponent 1"
            ),
            lines,
        ),
        ("colours", format!("{image} /ColorSpace /DeviceRGB /BitsPerComponent 8"), colours),
        (
            "jpeg",
            "/Type /XObject /Subtype /Image /Width 64 /Height 48 /ColorSpace /DeviceRGB \
             /BitsPerComponent 8 /Filter /DCTDecode"
                .to_owned(),
            jpeg,
        ),
        ("a fax's oblong pixels", grey_image(800, 600), picture(800, 600)),
    ];
    for (kind, entries, pixels) in kinds {
        let paper = scan(UPRIGHT, &entries, &pixels);
        both(kind, &if kind == "jpeg" { small_scan(&entries, &pixels) } else { paper }).await;
    }
    let placed = [
        UPRIGHT,
        "-288 0 0 432 288 0",
        "288 0 0 -432 0 432",
        "-288 0 0 -432 288 432",
        "0 432 -288 0 288 0",
        "0 -432 288 0 0 432",
        "0 432 288 0 0 0",
        "0 -432 -288 0 288 432",
    ];
    for matrix in placed {
        for turn in [0, 90, 180, 270] {
            let sides = if matrix.starts_with("0 ") { (1200, 800) } else { (800, 1200) };
            let paper = scan(matrix, &grey_image(sides.0, sides.1), &picture(sides.0, sides.1));
            let paper = paper.page_entries(&format!("/Rotate {turn}"));
            both(&format!("{matrix}, {turn} degrees"), &paper).await;
        }
    }
}

async fn both(name: &str, paper: &Paper) {
    let taken = prepare(Pdf, &paper.bytes()).await.unwrap();
    let masked = [paper.bytes(), b"% /SMask".to_vec()].concat();
    let drawn = prepare(Pdf, &masked).await.unwrap();
    let (width, height, pixels) = taken.raster(0).await;
    let (drawn_width, drawn_height, shown) = drawn.raster(0).await;
    // Of other sizes, one cell of a coarse grid each is compared.
    let at = |pixels: &[u8], width: u32, height: u32, column: u32, row: u32| {
        let (x, y) = ((2 * column + 1) * width / 64, (2 * row + 1) * height / 64);
        pixels[(y * width + x) as usize]
    };
    let cells = (0..32).flat_map(|row| (0..32).map(move |column| (column, row)));
    let far = cells.filter(|(column, row)| {
        let taken = at(&pixels, width, height, *column, *row);
        taken.abs_diff(at(&shown, drawn_width, drawn_height, *column, *row)) > 12
    });
    // Where the picture changes, sizes round to one side or the other.
    let far = far.count();
    assert!(far < 64, "{name}: {far} of 1024, {width} x {height}, {drawn_width} x {drawn_height}");
    assert_eq!(width > height, drawn_width > drawn_height, "{name}");
}

async fn fine_scan() {
    let paper = scan(UPRIGHT, &grey_image(2400, 3600), &picture(2400, 3600));
    let done = prepare(Pdf, &paper.bytes()).await.unwrap();
    let dpi = done.document.pages[0].preparation.measurements["raster_dpi"];
    assert!((dpi - 300.0).abs() < 0.5, "{dpi}");
}

async fn masked_image() {
    // All of the image is masked out but its lower half.
    let mask: Vec<u8> = (0..80 * 120).map(|i| if i / 80 < 60 { 0 } else { 255 }).collect();
    let entries = format!("{} /SMask {} 0 R", grey_image(80, 120), FIRST_EXTRA + 1);
    let paper = scan(UPRIGHT, &entries, &[0; 80 * 120]).stream(&grey_image(80, 120), &mask);
    let (width, height, grey) = prepare(Pdf, &paper.bytes()).await.unwrap().raster(0).await;
    let at = |row: u32| grey[(row * width + width / 2) as usize];
    assert!(at(height / 4) > 200 && at(3 * height / 4) < 50);
}

async fn clipped_image() {
    let entries = grey_image(80, 120);
    let paper = scan(UPRIGHT, &entries, &[0; 80 * 120]);
    let clipped = Paper::default()
        .page(&format!("q 0 0 288 216 re W n {UPRIGHT} cm /Im Do Q"))
        .page_entries("/MediaBox [0 0 288 432]")
        .stream(&entries, &[0; 80 * 120]);
    for (paper, upper_is_dark) in [(paper, true), (clipped, false)] {
        let (width, height, grey) = prepare(Pdf, &paper.bytes()).await.unwrap().raster(0).await;
        let upper = grey[(height / 4 * width + width / 2) as usize];
        assert_eq!(upper < 50, upper_is_dark, "{upper}");
    }
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

async fn scan_on_its_side() {
    const WIDTH: usize = 1100;
    const HEIGHT: usize = 840;
    let (sin, cos) = 3.0_f32.to_radians().sin_cos();
    let pixel = |i: usize| {
        // Lines run down the page.
        let (x, y) = ((i / WIDTH) as f32 - 420.0, 550.0 - (i % WIDTH) as f32);
        let (u, v) = (x * cos + y * sin, y * cos - x * sin);
        let line = (v / 20.0).floor();
        let letter = (u + line * 31.0).div_euclid(9.0) as i32;
        let inked = (u + line * 31.0).rem_euclid(9.0) < 6.0 && v - line * 20.0 < 10.0;
        let inside = u.abs() < 330.0 && v.abs() < 440.0;
        if inside && inked && letter.rem_euclid(7) != 0 { 30 } else { 235 }
    };
    let grey: Vec<u8> = (0..WIDTH * HEIGHT).map(pixel).collect();
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, WIDTH as u32, HEIGHT as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header().unwrap().write_image_data(&grey).unwrap();

    let done = prepare(Png, &bytes).await.unwrap();
    let page = &done.document.pages[0];
    assert_eq!(page.geometry.rotation_degrees, 90);
    assert!((page.geometry.skew_degrees - 3.0).abs() <= 0.2, "{:?}", page.geometry);
    assert!(page.geometry.height_px > page.geometry.width_px, "{:?}", page.geometry);
    let steps: Vec<&str> = page.preparation.steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(steps, ["turn", "deskew"]);
    assert!(page.preparation.measurements.contains_key("lines_across_ratio"));
}
