//! PDFs with text of their own.

use common::page::MediaType::Pdf;
use common::page::Word;
use libtest_mimic::Trial;

use crate::paper::{FIRST_EXTRA, Paper, text};
use crate::world::{Done, config, fact, prepare, prepare_with};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        fact("text_becomes_words_where_it_stands", text_becomes_words),
        fact("a_turned_page_has_the_same_words_upright", turned_page),
        fact("a_page_with_sideways_text_is_turned_upright", sideways_text),
        fact("text_in_a_form_field_is_part_of_the_page", form_field),
        fact("a_page_that_starts_elsewhere_than_at_zero_is_read_alike", shifted_page),
        fact("invisible_text_is_not_believed", invisible_text),
        fact("glyphs_without_characters_are_not_believed", unmapped_glyphs),
        fact("an_empty_page_is_neither_text_nor_raster", empty_page),
        fact("attached_e_invoices_are_carried_along", attached_xml),
        fact("the_same_document_gives_the_same_objects", same_objects),
        fact("pages_keep_their_order_whoever_makes_them", pages_keep_their_order),
    ]
}

/// A heading and a total, 400 x 600 points.
fn invoice() -> String {
    text(40, 540, 20, "Facture 2024-001") + &text(250, 100, 10, "Total TTC 120,00 EUR")
}

/// The boxes are those of Helvetica's advance widths, as fractions of the page.
fn assert_invoice(done: &Done) {
    assert_eq!(done.texts(0), ["Facture", "2024-001", "Total", "TTC", "120,00", "EUR"]);
    let total: &Word = &done.document.pages[0].words[2];
    let [x0, y0, x1, y1] = total.bbox.0;
    assert!((x0 - 250.0 / 400.0).abs() < 0.003, "{x0}");
    assert!((x1 - 273.3 / 400.0).abs() < 0.005, "{x1}");
    // The baseline is 100 points above the lower edge.
    assert!(y0 < 500.0 / 600.0 && 490.0 / 600.0 < y0, "{y0}");
    assert!((500.0 / 600.0..505.0 / 600.0).contains(&y1), "{y1}");
}

async fn text_becomes_words() {
    let done = prepare(Pdf, &Paper::default().page(&invoice()).bytes()).await.unwrap();
    assert_invoice(&done);
    let page = &done.document.pages[0];
    assert!(page.raster.is_none());
    assert_eq!((page.geometry.number, page.geometry.rotation_degrees), (1, 0));
    // 400 x 600 points at 300 DPI.
    assert_eq!((page.geometry.width_px, page.geometry.height_px), (1667, 2500));
}

async fn turned_page() {
    // Drawn sideways, and shown upright through /Rotate: (x, y) goes to (y, 400 - x) first.
    let content = format!("0 -1 1 0 0 400 cm {}", invoice());
    for (entries, degrees) in [("/Rotate 0", 0), ("/Rotate 90", 90), ("/Rotate 270", 270)] {
        let sideways = Paper::default().page(&content).page_entries(entries);
        let wide = sideways.page_entries("/MediaBox [0 0 600 400]");
        let done = prepare(Pdf, &wide.bytes()).await.unwrap();
        let geometry = done.document.pages[0].geometry;
        assert_invoice(&done);
        assert!(geometry.width_px < geometry.height_px, "{degrees}");
    }
}

async fn sideways_text() {
    let content = format!("0 1 -1 0 600 0 cm {}", invoice());
    let wide = Paper::default().page(&content).page_entries("/MediaBox [0 0 600 400]");
    let done = prepare(Pdf, &wide.bytes()).await.unwrap();
    assert_invoice(&done);
    let geometry = done.document.pages[0].geometry;
    assert_eq!((geometry.rotation_degrees, geometry.width_px), (90, 1667));
}

async fn form_field() {
    let field = format!(
        "<< /Type /Annot /Subtype /Widget /FT /Tx /T (amount) /V (4711) /F 4 \
         /Rect [250 200 350 220] /AP << /N {} 0 R >> >>",
        FIRST_EXTRA + 1
    );
    let shown = "/Type /XObject /Subtype /Form /BBox [0 0 100 20] \
                 /Resources << /Font << /F1 3 0 R >> >>";
    let paper = Paper::default()
        .page(&invoice())
        .object(&field)
        .stream(shown, text(2, 5, 10, "4711").as_bytes())
        .page_entries(&format!("/Annots [{FIRST_EXTRA} 0 R]"))
        .catalog_entries(&format!("/AcroForm << /Fields [{FIRST_EXTRA} 0 R] >>"));
    let done = prepare(Pdf, &paper.bytes()).await.unwrap();
    assert!(done.texts(0).contains(&"4711"), "{:?}", done.texts(0));
}

async fn shifted_page() {
    let content = format!("1 0 0 1 1000 -2000 cm {}", invoice());
    let paper = Paper::default().page(&content).page_entries("/MediaBox [1000 -2000 1400 -1400]");
    assert_invoice(&prepare(Pdf, &paper.bytes()).await.unwrap());
}

async fn invisible_text() {
    let hidden = format!("3 Tr {}", invoice());
    let paper = Paper::default().page(&hidden).page(&format!("{hidden} 40 300 80 80 re f"));
    let done = prepare(Pdf, &paper.bytes()).await.unwrap();
    let [blank, marked] = done.document.pages.as_slice() else { panic!("two pages") };
    assert!(blank.words.is_empty() && blank.raster.is_none());
    assert!(marked.words.is_empty() && marked.raster.is_some());
}

async fn unmapped_glyphs() {
    // Glyph numbers as they come out of a font that says nothing about characters.
    let font = "<< /Type /Font /Subtype /Type0 /BaseFont /Nameless /Encoding /Identity-H \
                /DescendantFonts [ << /Type /Font /Subtype /CIDFontType2 /BaseFont /Nameless \
                /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> \
                /FontDescriptor << /Type /FontDescriptor /FontName /Nameless /Flags 4 \
                /FontBBox [0 0 1000 1000] /ItalicAngle 0 /Ascent 800 /Descent -200 \
                /CapHeight 700 /StemV 80 >> >> ] >>";
    let glyphs = "BT /F2 12 Tf 40 300 Td <00290044004600570058005500480003001500130015> Tj ET\n";
    let paper = Paper::default()
        .page(&glyphs.repeat(3))
        .object(font)
        .page_entries(&format!("/Resources << /Font << /F2 {FIRST_EXTRA} 0 R >> >>"));
    let done = prepare(Pdf, &paper.bytes()).await.unwrap();
    let page = &done.document.pages[0];
    assert!(page.words.is_empty() && page.raster.is_some(), "{:?}", done.texts(0));
}

async fn empty_page() {
    let done = prepare(Pdf, &Paper::default().page("").bytes()).await.unwrap();
    let page = &done.document.pages[0];
    assert!(page.words.is_empty() && page.raster.is_none());
}

async fn attached_xml() {
    let files = format!(
        "/Names << /EmbeddedFiles << /Names [(factur-x.xml) {FIRST_EXTRA} 0 R \
         (terms.txt) {} 0 R] >> >>",
        FIRST_EXTRA + 2
    );
    let named = |name: &str, stream: usize| {
        format!("<< /Type /Filespec /F ({name}) /UF ({name}) /EF << /F {stream} 0 R >> >>")
    };
    let paper = Paper::default()
        .page(&invoice())
        .object(&named("factur-x.xml", FIRST_EXTRA + 1))
        .stream("/Type /EmbeddedFile", b"<invoice/>")
        .object(&named("terms.txt", FIRST_EXTRA + 1))
        .catalog_entries(&files);
    let done = prepare(Pdf, &paper.bytes()).await.unwrap();
    let [xml] = done.document.embedded_xml.as_slice() else { panic!("one XML file") };
    assert_eq!(xml.name, "factur-x.xml");
    let bytes = common::object::ObjectStore::read(&done.objects, &xml.object).await.unwrap();
    assert_eq!(&bytes[..], b"<invoice/>");
}

async fn same_objects() {
    let hidden = format!("3 Tr {} 40 300 80 80 re f", invoice());
    let bytes = Paper::default().page(&invoice()).page(&hidden).bytes();
    let (once, again) = (prepare(Pdf, &bytes).await.unwrap(), prepare(Pdf, &bytes).await.unwrap());
    assert_eq!(once.handed, again.handed);
    assert_eq!(once.document, again.document);
}

async fn pages_keep_their_order() {
    let paper = (1..=60).fold(Paper::default(), |paper, number| {
        paper.page(&text(40, 300, 12, &format!("page{number}")))
    });
    for workers in [1, 4] {
        let config = config().with("stages.preprocess.workers", workers).unwrap();
        let done = prepare_with(&config, Pdf, &paper.bytes()).await.unwrap();
        assert_eq!(done.document.pages.len(), 60);
        for (index, page) in done.document.pages.iter().enumerate() {
            assert_eq!(page.geometry.number as usize, index + 1);
            assert_eq!(done.texts(index), [format!("page{}", index + 1)]);
        }
    }
}
