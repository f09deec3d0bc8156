//! `explain` with the real workers: what it prints, and the pictures that it writes.

use std::path::Path;

use crate::{code, run, stderr, stdout};

/// A page of lines of print that lies on its side and is skewed by three degrees, as PNG.
fn scan(folder: &Path) -> String {
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
    let path = folder.join("scan.png");
    std::fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_scan_is_explained_step_by_step_with_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("steps");
    let output = run(&["explain", &scan(folder.path()), "--out", out.to_str().unwrap()]);
    assert_eq!((code(&output), stderr(&output)), (0, ""));
    let text = stdout(&output);
    let row = |name: &str| text.lines().find(|line| line.trim_start().starts_with(name));
    assert!(text.contains("Page 1 of 1") && text.contains("read by recognition"), "{text}");
    assert!(row("skew_degrees").unwrap().contains("3.0"), "{text}");
    assert!(row("turn").unwrap().contains("90"), "{text}");
    assert!(row("deskew").is_some(), "{text}");
    for name in ["page-1-0-original.png", "page-1-1-turn.png", "page-1-2-deskew.png"] {
        let picture = std::fs::read(out.join(name)).unwrap();
        assert!(picture.starts_with(b"\x89PNG"), "{name}");
    }
}

#[test]
fn a_page_with_its_own_text_needs_no_steps() {
    let output = run(&["explain", "samples/invoice-two-pages.pdf"]);
    assert_eq!((code(&output), stderr(&output)), (0, ""));
    let text = stdout(&output);
    assert!(text.contains("Page 2 of 2") && text.contains("words of its own text"), "{text}");
    assert!(!text.contains("AMOUNT") && !text.contains("Nothing had"), "{text}");
}

/// Whether the picture at `path` has enough pixels of `colour`.
fn shows(path: &Path, colour: [u8; 3]) -> bool {
    let bytes = std::fs::read(path).unwrap();
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!(info.color_type, png::ColorType::Rgb);
    pixels.chunks_exact(3).filter(|pixel| **pixel == colour).count() > 1000
}

#[test]
fn values_and_their_candidates_are_tabled_and_drawn_on_pages_with_and_without_pixels() {
    const GREEN: [u8; 3] = [0, 128, 40];
    const ORANGE: [u8; 3] = [225, 110, 0];
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("steps");
    for (file, number) in [
        ("samples/facture-electronique.pdf", "FA-2025-0342"),
        ("samples/facture-scan.pdf", "2025/0187"),
    ] {
        let output = run(&["explain", file, "--out", out.to_str().unwrap()]);
        assert_eq!((code(&output), stderr(&output)), (0, ""));
        let text = stdout(&output);
        let row = text.lines().find(|line| line.trim_start().starts_with("number ")).unwrap();
        assert!(row.contains(number) && row.contains('%') && row.ends_with("yes"), "{text}");
        let considered = |line: &&str| line.contains(" -  ") && !line.ends_with("yes");
        assert!(text.lines().any(|line| considered(&line)), "{text}");
        let picture = out.join("page-1-fields.png");
        assert!(shows(&picture, GREEN) && shows(&picture, ORANGE), "{file}");
        std::fs::remove_file(picture).unwrap();
    }
}

#[test]
fn what_is_no_document_ends_with_1_and_what_is_not_there_with_2() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "notes").unwrap();
    let output = run(&["explain", path.to_str().unwrap()]);
    assert_eq!(code(&output), 1);
    assert!(stderr(&output).contains("neither PDF, JPEG nor PNG"), "{}", stderr(&output));
    assert_eq!(code(&run(&["explain", "/no/such/file.pdf"])), 2);
}
