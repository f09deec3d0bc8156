//! What comes out of sound pages.

use libtest_mimic::Trial;
use ocr::Ocr;

use common::object::ObjectStore;
use common::page::{PageSource, ReadPage};
use common::worker::Program;

use crate::fixtures::{
    FACTURE, Page, blank, config, fact, run, run_keeping, stage, stage_with, turned, word,
};

/// How far a box may be from where its word was drawn, as a fraction of the page: half a line.
const NEAR: f32 = 0.008;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        fact("a_known_page_is_read_with_places_and_confidences", known_page),
        fact("a_page_that_is_turned_is_read_and_handed_on_upright", turned_page),
        fact("other_scripts_are_tesseracts", other_script),
        fact("a_doubted_text_layer_counts_where_the_reading_agrees", doubted),
        fact("a_label_and_its_amount_are_on_one_line", lines),
        fact("a_page_with_a_text_layer_needs_no_worker", text_layer),
        fact("a_mixed_page_keeps_its_text_layer_and_adds_what_it_lacks", mixed),
        fact("a_blank_page_has_no_words_and_no_confidence", blank_page),
        fact("pages_come_out_in_order", order),
        fact("a_page_reads_the_same_whatever_was_read_before", same_again),
        fact("a_document_may_choose_its_languages", languages),
    ]
}

async fn known_page() {
    for engines in ["tesseract", "ppocr", "auto"] {
        known_page_read_by(engines).await;
    }
}

async fn known_page_read_by(engines: &str) {
    let (document, _) = run(&stage_with(engines), &[Page::image(FACTURE)], &[]).await.unwrap();
    let page = &document.pages[0];
    assert_eq!((page.source, page.attempts), (PageSource::Ocr, 1), "{engines}");
    assert_eq!(page.languages, ["fra", "eng"]);
    assert!(page.confidence > 0.8 && page.confidence <= 1.0, "{engines}: {}", page.confidence);
    assert!(page.words.iter().all(|word| (0.0..=1.0).contains(&word.confidence)));
    // Left edge and baseline in points, as draw.py has them.
    for (text, x, y) in [
        ("Atelier", 54.0, 80.0),
        ("Facture", 360.0, 118.0),
        ("Date", 360.0, 140.0),
        ("Désignation", 54.0, 252.0),
        ("480,00", 470.0, 280.0),
        ("690,60", 470.0, 452.0),
    ] {
        let found = page.words.iter().find(|word| word.text.trim_end_matches(':') == text);
        let found = found.unwrap_or_else(|| panic!("{engines}: no {text} in {:?}", page.words));
        let bbox = found.bbox;
        assert!((bbox.x0() - x / 595.0).abs() < NEAR, "{engines}, {text}: {bbox:?}");
        assert!((bbox.y1() - y / 842.0).abs() < NEAR, "{engines}, {text}: {bbox:?}");
    }
}

/// A page that comes in sideways or on its head is read, and handed on upright.
async fn turned_page() {
    for (engines, turns) in
        [("auto", 0_u16), ("auto", 1), ("auto", 2), ("auto", 3), ("tesseract", 2)]
    {
        let page = [Page::image(&turned(FACTURE, turns))];
        let (document, objects) = run_keeping(&stage_with(engines), &page, &[]).await.unwrap();
        let page = &document.pages[0];
        let back = (360 - 90 * turns) % 360;
        assert_eq!(page.geometry.rotation_degrees, back, "{engines}, {turns} quarters");
        let lines = texts_by_line(page);
        assert!(lines.iter().any(|line| line == "Total TTC 690,60"), "{lines:?}");
        let raster = objects.read(page.raster.as_ref().unwrap()).await.unwrap();
        let header = png::Decoder::new(std::io::Cursor::new(raster)).read_info().unwrap();
        assert_eq!((header.info().width, header.info().height), (1653, 2339), "handed on upright");
    }
}

/// Tesseract reads what PP-OCR's Latin alphabet does not cover, here because it is asked to.
async fn other_script() {
    let config = config().with("ocr.engines", "auto").unwrap();
    let error = run(&stage(&config), &[Page::image(FACTURE)], &["eng", "ell"]).await.unwrap_err();
    assert_eq!(error.code, "language_unavailable", "Greek is Tesseract's, and not installed here");
}

/// A text layer nobody trusts counts when the reading says the same.
async fn doubted() {
    let said = |text: &str, place| word(text, place);
    let agreeing = vec![
        said("Désignation", [0.09, 0.288, 0.2, 0.301]),
        said("480,00", [0.79, 0.322, 0.85, 0.334]),
        said("690,6O", [0.79, 0.526, 0.85, 0.538]),
    ];
    let read = |doubted| async move {
        let page = Page { doubted, ..Page::image(FACTURE) };
        run(&stage(&config()), &[page], &[]).await.unwrap().0.pages.remove(0)
    };
    let junk = vec![
        said("Hguvkupcvkqp", [0.09, 0.29, 0.2, 0.3]),
        said("8;2.82", [0.79, 0.527, 0.85, 0.538]),
    ];
    let page = read(junk).await;
    assert_eq!(page.source, PageSource::Ocr);
    assert!(page.words.iter().any(|word| word.text == "690,60"));
    let page = read(agreeing).await;
    assert_eq!(page.source, PageSource::Mixed);
    assert!(
        page.words.iter().any(|word| word.text == "690,6O"),
        "the layer's word, not the reader's"
    );
}

async fn lines() {
    let (document, _) = run(&stage(&config()), &[Page::image(FACTURE)], &[]).await.unwrap();
    let lines = texts_by_line(&document.pages[0]);
    for line in ["Étagère en chêne massif 480,00", "TVA 20 % 115,10", "Total TTC 690,60"] {
        assert!(lines.iter().any(|seen| seen == line), "{line} not in {lines:?}");
    }
}

async fn text_layer() {
    let nobody = Program { path: "/no/such/program".into(), args: Vec::new() };
    let words = vec![word("net", [0.8, 0.5, 0.85, 0.51]), word("Total", [0.1, 0.5, 0.2, 0.51])];
    let pages = [Page { words, ..Page::default() }, Page::default()];
    let (document, _) = run(&Ocr::new(&config(), nobody), &pages, &[]).await.unwrap();
    let page = &document.pages[0];
    assert_eq!((page.source, page.attempts, page.confidence), (PageSource::TextLayer, 0, 1.0));
    assert_eq!(texts_by_line(page), ["Total net"]);
    assert!(page.languages.is_empty());
    assert_eq!((document.pages[1].words.len(), document.pages[1].confidence), (0, 0.0));
}

async fn mixed() {
    let words = vec![word("SAID", [0.09, 0.52, 0.14, 0.54])];
    let pages = [Page { words, ..Page::image(FACTURE) }];
    let (document, _) = run(&stage(&config()), &pages, &[]).await.unwrap();
    let page = &document.pages[0];
    assert_eq!((page.source, page.attempts), (PageSource::Mixed, 1));
    let lines = texts_by_line(page);
    assert!(lines.iter().any(|line| line == "SAID TTC 690,60"), "{lines:?}");
}

async fn blank_page() {
    let (document, _) = run(&stage(&config()), &[Page::image(&blank())], &[]).await.unwrap();
    let page = &document.pages[0];
    assert_eq!((page.words.len(), page.confidence, page.attempts), (0, 0.0, 1));
}

async fn order() {
    let said =
        |text: &str| Page { words: vec![word(text, [0.1, 0.1, 0.2, 0.12])], ..Page::default() };
    let pages = [Page::image(FACTURE), said("two"), Page::image(&blank()), said("four")];
    let (document, _) = run(&stage(&config()), &pages, &[]).await.unwrap();
    let numbers: Vec<_> = document.pages.iter().map(|page| page.geometry.number).collect();
    assert_eq!(numbers, [1, 2, 3, 4]);
    assert_eq!(texts_by_line(&document.pages[3]), ["four"]);
}

/// A redelivered job must give the same object, and its worker may have read anything meanwhile.
async fn same_again() {
    let one_worker = config().with("stages.ocr.workers", 1).unwrap();
    let stage = stage(&one_worker);
    let pages = [Page::image(FACTURE)];
    let (_, first) = run(&stage, &pages, &[]).await.unwrap();
    run(&stage, &[Page::image(&blank()), Page::image(FACTURE)], &["eng"]).await.unwrap();
    let (_, second) = run(&stage, &pages, &[]).await.unwrap();
    assert_eq!(first.hash, second.hash);
}

async fn languages() {
    let (document, _) =
        run(&stage_with("tesseract"), &[Page::image(FACTURE)], &["eng"]).await.unwrap();
    assert_eq!(document.pages[0].languages, ["eng"]);
    let has = |text: &str| document.pages[0].words.iter().any(|word| word.text == text);
    assert!(has("Total") && !has("Étagère"), "English has no É");
}

/// The text of each line, words joined by spaces.
fn texts_by_line(page: &ReadPage) -> Vec<String> {
    let mut lines = vec![Vec::new(); page.words.last().map_or(0, |word| word.line as usize + 1)];
    for word in &page.words {
        lines[word.line as usize].push(word.text.as_str());
    }
    lines.iter().map(|words| words.join(" ")).collect()
}
