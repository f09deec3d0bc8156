//! What was read, word by word, beside the image that it was read from.

use serde_json::Value;

use crate::support::{Service, Setup, folder, get, get_bytes, sample};

/// Grey below this is ink on any page that can be read.
const INK: u8 = 128;

/// Words that recognition is this sure of are where it says they are.
const SURE: f64 = 0.9;

fn pages(service: &Service, id: &str) -> Vec<Value> {
    let (status, answer) = get(&format!("{}/api/v1/invoices/{id}/pages", service.url));
    assert_eq!(status, 200, "{answer}");
    answer["pages"].as_array().unwrap().clone()
}

/// Width, height and samples of an 8-bit grey PNG.
fn decoded(bytes: &[u8]) -> (usize, usize, Vec<u8>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut samples = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut samples).unwrap();
    assert_eq!(
        (info.color_type, info.bit_depth),
        (png::ColorType::Grayscale, png::BitDepth::Eight)
    );
    (info.width as usize, info.height as usize, samples)
}

/// `[x0, y0, x1, y1]` of a word; a legal box.
fn corners(word: &Value) -> [f64; 4] {
    let corners: Vec<f64> =
        word["box"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
    let [x0, y0, x1, y1] = corners[..] else { panic!("{word}") };
    assert!(0.0 <= x0 && x0 < x1 && x1 <= 1.0 && 0.0 <= y0 && y0 < y1 && y1 <= 1.0, "{word}");
    [x0, y0, x1, y1]
}

#[test]
fn words_of_a_scan_stand_where_their_boxes_say() {
    let data = folder();
    let service = Setup::all(data.path()).start();
    let id = service.accepted(&sample("facture-scan.pdf"), "application/pdf");
    assert_eq!(service.ended(&id)["state"], "completed");
    let pages = pages(&service, &id);
    assert_eq!(pages.len(), 1);
    let page = &pages[0];
    assert_eq!((&page["number"], &page["source"]), (&1.into(), &"ocr".into()));
    let (status, media_type, image) =
        get_bytes(&format!("{}{}", service.url, page["image"].as_str().unwrap()));
    assert_eq!((status, media_type.as_str()), (200, "image/png"));
    let (width, height, samples) = decoded(&image);
    assert_eq!((&page["width_px"], &page["height_px"]), (&width.into(), &height.into()));

    let words = page["words"].as_array().unwrap();
    let texts: Vec<&str> = words.iter().map(|word| word["text"].as_str().unwrap()).collect();
    assert!(texts.len() > 50 && texts.contains(&"2025/0187"), "{texts:?}");
    let mut sure = 0;
    for word in words {
        let [x0, y0, x1, y1] = corners(word);
        let confidence = word["confidence"].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&confidence));
        let text = word["text"].as_str().unwrap();
        // A speck may be read as a dot; letters and digits are printed.
        if confidence < SURE || text.chars().filter(|c| c.is_alphanumeric()).count() < 2 {
            continue;
        }
        sure += 1;
        let column = |x: f64| (x * width as f64) as usize;
        let row = |y: f64| (y * height as f64) as usize;
        let ink = (row(y0)..row(y1)).any(|y| {
            let line = &samples[y * width..][..width];
            line[column(x0)..column(x1)].iter().any(|sample| *sample < INK)
        });
        assert!(ink, "nothing is printed at {word}");
    }
    assert!(sure > 20, "{sure} words are sure");
}

#[test]
fn pages_of_a_digital_document_have_words_and_no_image() {
    let data = folder();
    let service = Setup::all(data.path()).start();
    let id = service.accepted(&sample("facture-electronique.pdf"), "application/pdf");
    assert_eq!(service.ended(&id)["state"], "completed");
    let pages = pages(&service, &id);
    let page = &pages[0];
    assert_eq!(page["source"], "text-layer");
    assert!(page["image"].is_null());
    assert!(page["words"].as_array().unwrap().iter().all(|word| word["confidence"] == 1.0));
    page["words"].as_array().unwrap().iter().for_each(|word| {
        corners(word);
    });
    let (status, problem) = get(&format!("{}/api/v1/invoices/{id}/pages/1/image", service.url));
    assert_eq!((status, &problem["code"]), (404, &"page_image_absent".into()));
}
