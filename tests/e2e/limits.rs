//! Bad input: a typed error at the door, or a document that fails with code, stage and message.

use serde_json::Value;

use crate::support::{Behind, Service, Setup, folder, sample};

const PDF: &str = "application/pdf";
const PNG: &str = "image/png";

/// How a document ends: the problem's code at the door, or the failure's with its stage.
fn end(service: &Service, body: &[u8], media_type: &str) -> (String, Value) {
    let (status, answer) = service.submit(body, media_type);
    if status == 202 || status == 200 {
        let ended = service.ended(answer["id"].as_str().unwrap());
        let error = ended["error"].clone();
        let code = error["code"].as_str().unwrap_or_else(|| panic!("completed: {ended}"));
        return (code.to_owned(), error);
    }
    assert!((400..500).contains(&status), "{status}: {answer}");
    (answer["code"].as_str().unwrap().to_owned(), answer)
}

/// A PDF of `count` empty pages.
fn pages(count: usize) -> Vec<u8> {
    let kids: Vec<String> = (0..count).map(|n| format!("{} 0 R", n + 3)).collect();
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!("<< /Type /Pages /Count {count} /Kids [{}] >>", kids.join(" ")),
    ];
    let page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>";
    objects.extend(std::iter::repeat_n(page.to_owned(), count));
    let mut pdf = "%PDF-1.4\n".to_owned();
    let mut offsets = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        offsets.push(pdf.len());
        pdf.push_str(&format!("{} 0 obj\n{object}\nendobj\n", index + 1));
    }
    let start = pdf.len();
    pdf.push_str(&format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1));
    for offset in offsets {
        pdf.push_str(&format!("{offset:010} 00000 n \n"));
    }
    let size = objects.len() + 1;
    pdf.push_str(&format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"));
    pdf.into_bytes()
}

/// The header of a PNG of that size, and nothing else that could be decoded.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    drop(encoder.write_header().unwrap());
    png
}

#[test]
fn every_kind_of_bad_input_ends_in_its_typed_error_and_the_service_goes_on() {
    let data = folder();
    let service = Setup::all(data.path()).start();
    let pdf = sample("facture-electronique.pdf");
    let jpeg = sample("invoice-photo.jpg");
    let mut large = pdf.clone();
    large.resize(26 * 1024 * 1024, b' ');
    let cases: [(&str, Vec<u8>, &str, &[&str]); 12] = [
        ("empty", Vec::new(), PDF, &["document_empty"]),
        ("26 MiB", large, PDF, &["document_too_large"]),
        ("a zip that says PDF", b"PK\x03\x04rest".to_vec(), PDF, &["unsupported_media_type"]),
        ("a page of HTML that says PDF", b"<html>".to_vec(), PDF, &["unsupported_media_type"]),
        ("60 000 x 60 000 px", png_header(60_000, 60_000), PNG, &["page_too_large"]),
        ("an image inside nothing", png_header(100, 100), PNG, &["image_damaged"]),
        ("a truncated JPEG", jpeg[..jpeg.len() / 3].to_vec(), "image/jpeg", &["image_damaged"]),
        ("a truncated PDF", pdf[..pdf.len() / 2].to_vec(), PDF, &["document_damaged"]),
        ("a PDF header alone", b"%PDF-1.7\n".to_vec(), PDF, &["document_damaged"]),
        ("no pages", pages(0), PDF, &["document_empty", "document_damaged"]),
        ("10 000 pages", pages(10_000), PDF, &["too_many_pages"]),
        (
            "a password",
            include_bytes!("../../crates/preprocess/tests/fixtures/password.pdf").to_vec(),
            PDF,
            &["document_encrypted"],
        ),
    ];
    for (what, body, media_type, codes) in cases {
        let (code, error) = end(&service, &body, media_type);
        assert!(codes.contains(&&*code), "{what}: {error}");
        if let Some(stage) = error.get("stage") {
            assert!(!error["message"].as_str().unwrap().is_empty(), "{what}: {error}");
            assert_eq!(stage, "preprocess", "{what}");
        }
        if ["document_too_large", "page_too_large"].contains(&&*code) {
            assert!(error["limit"].is_number() && error["value"].is_number(), "{what}: {error}");
        }
        if code == "too_many_pages" {
            let message = error["message"].as_str().unwrap();
            assert!(message.contains("200") && message.contains("10000"), "{message}");
        }
    }
    let behind = Behind::service(data.path());
    behind.drained();
    assert_eq!(behind.messages("INVOICE_DEAD"), behind.messages("INVOICE_EVENTS"));
    let id = service.accepted(&pdf, PDF);
    assert_eq!(service.ended(&id)["state"], "completed", "the service still works");
    assert!(service.stop().success());
}

#[test]
fn the_name_and_the_declared_type_do_not_matter() {
    let data = folder();
    let service = Setup::all(data.path()).start();
    let id = service.accepted(&sample("invoice-photo.jpg"), PDF);
    let ended = service.ended(&id);
    assert_eq!(ended["state"], "completed");
    assert_eq!(ended["result"]["media_type"], "image/jpeg");
}
