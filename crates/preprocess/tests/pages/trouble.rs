//! Documents that are refused, each for its own reason.

use common::object::ObjectStore;
use common::page::MediaType::{Jpeg, Pdf, Png, Xml};
use common::stage::Stage;
use libtest_mimic::Trial;

use crate::paper::{FIRST_EXTRA, Paper, text};
use crate::world::{config, fact, fixture, prepare, prepare_with, refusal, stage};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        fact("a_document_with_a_password_is_refused_as_encrypted", password),
        fact("a_document_that_opens_without_its_password_is_read", owner_password),
        fact("no_bytes_and_no_pages_are_an_empty_document", empty),
        fact("ten_thousand_pages_are_refused_naming_limit_and_value", too_many_pages),
        fact("a_cut_off_pdf_is_damaged_or_read", cut_off_pdf),
        fact("another_type_under_this_name_is_damaged", wrong_type),
        fact("the_first_bad_page_is_named_however_workers_share_them", first_bad_page),
        fact("an_image_with_nothing_inside_does_not_stop_the_page", image_inside_nothing),
        fact("an_image_of_60_000_x_60_000_px_is_refused_undecoded", image_bomb),
        fact("paper_beyond_the_format_is_refused", huge_paper),
        fact("an_e_invoice_above_the_limit_is_refused", xml_above_the_limit),
        fact("an_e_invoice_by_itself_is_handed_on_without_pages", bare_xml),
        fact("a_missing_library_names_the_setup_script", missing_library),
        fact("a_worker_outlives_the_documents_it_refuses", worker_outlives),
    ]
}

async fn password() {
    let (code, _) = refusal(Pdf, &fixture("password.pdf")).await;
    assert_eq!(code, "document_encrypted");
}

async fn owner_password() {
    let done = prepare(Pdf, &fixture("owner-password.pdf")).await.unwrap();
    assert_eq!(done.document.pages.len(), 1);
}

async fn empty() {
    assert_eq!(refusal(Pdf, b"").await.0, "document_empty");
    assert_eq!(refusal(Jpeg, b"").await.0, "document_empty");
    assert_eq!(refusal(Pdf, &Paper::default().bytes()).await.0, "document_empty");
}

async fn too_many_pages() {
    let paper = (0..10_000).fold(Paper::default(), |paper, _| paper.page(""));
    let (code, message) = refusal(Pdf, &paper.bytes()).await;
    assert_eq!(code, "too_many_pages");
    assert!(message.contains("10000") && message.contains("200"), "{message}");
}

async fn cut_off_pdf() {
    let whole = Paper::default().page(&text(40, 300, 12, "Facture")).bytes();
    for share in [10, 50, 90] {
        let cut = &whole[..whole.len() * share / 100];
        if let Err(error) = prepare(Pdf, cut).await {
            let code = error.code.as_ref();
            assert!(["document_damaged", "document_empty"].contains(&code), "{share} %: {error}");
        }
    }
    assert_eq!(refusal(Pdf, &whole[..whole.len() / 10]).await.0, "document_damaged");
}

async fn wrong_type() {
    assert_eq!(refusal(Pdf, &fixture("grey.jpg")).await.0, "document_damaged");
    assert_eq!(refusal(Png, &fixture("grey.jpg")).await.0, "image_damaged");
    assert_eq!(refusal(Jpeg, &fixture("password.pdf")).await.0, "image_damaged");
}

async fn image_inside_nothing() {
    let entries = "/Type /XObject /Subtype /Image /Width 800 /Height 1200 \
                   /ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /DCTDecode";
    let paper = Paper::default().page("q 400 0 0 600 0 0 cm /Im Do Q").stream(entries, b"");
    let done = prepare(Pdf, &paper.bytes()).await.unwrap();
    assert_eq!(done.document.pages.len(), 1);
}

async fn image_bomb() {
    let entries = "/Type /XObject /Subtype /Image /Width 60000 /Height 60000 \
                   /ColorSpace /DeviceGray /BitsPerComponent 8";
    let paper = Paper::default().page("q 400 0 0 600 0 0 cm /Im Do Q").stream(entries, &[0; 64]);
    let (code, message) = refusal(Pdf, &paper.bytes()).await;
    assert_eq!(code, "page_too_large");
    assert!(message.contains("60000") && message.contains("50000000"), "{message}");
}

async fn first_bad_page() {
    let four = config().with("stages.preprocess.workers", 4).unwrap();
    let bomb = "/Type /XObject /Subtype /Image /Width 60000 /Height 60000 \
                /ColorSpace /DeviceGray /BitsPerComponent 8";
    let paper = (1..=30).fold(Paper::default().stream(bomb, &[0; 64]), |paper, number| {
        let is_bad = [17, 18, 23].contains(&number);
        paper.page(if is_bad { "q 400 0 0 600 0 0 cm /Im Do Q" } else { "" })
    });
    let Err(error) = prepare_with(&four, Pdf, &paper.bytes()).await else { panic!("accepted") };
    assert_eq!(error.code, "page_too_large");
    assert!(error.message.starts_with("page 17 "), "{error}");
}

async fn huge_paper() {
    let paper = Paper::default().page("").page_entries("/MediaBox [0 0 400 99999999]");
    assert_eq!(refusal(Pdf, &paper.bytes()).await.0, "page_too_large");
}

async fn xml_above_the_limit() {
    let spec = format!("<< /Type /Filespec /F (a.xml) /EF << /F {} 0 R >> >>", FIRST_EXTRA + 1);
    let names = format!("/Names << /EmbeddedFiles << /Names [(a.xml) {FIRST_EXTRA} 0 R] >> >>");
    let paper = Paper::default()
        .page("")
        .object(&spec)
        .stream("/Type /EmbeddedFile", &[b'x'; 101])
        .catalog_entries(&names);
    let narrow = config().with("limits.max_embedded_xml_bytes", 100).unwrap();
    let Err(error) = prepare_with(&narrow, Pdf, &paper.bytes()).await else { panic!("accepted") };
    assert_eq!(error.code, "embedded_xml_too_large");
    assert!(error.message.contains("101") && error.message.contains("100"), "{error}");
}

async fn bare_xml() {
    let done = prepare(Xml, b"<Invoice/>").await.unwrap();
    assert!(done.document.pages.is_empty());
    let [file] = &done.document.embedded_xml[..] else { panic!("one file was uploaded") };
    assert_eq!(done.objects.read(&file.object).await.unwrap().as_ref(), b"<Invoice/>");
    let small = config().with("limits.max_embedded_xml_bytes", 4).unwrap();
    let error = prepare_with(&small, Xml, b"<Invoice/>").await.err().unwrap();
    assert_eq!(error.code, "embedded_xml_too_large");
}

async fn missing_library() {
    let nowhere = config().with("worker.pdfium_library", "/nowhere/libpdfium.so").unwrap();
    let error = stage(&nowhere).warm_up().await.unwrap_err();
    assert_eq!(error.code, "library_missing");
    assert!(error.message.contains("scripts/setup"), "{error}");
}

async fn worker_outlives() {
    use common::object::ObjectStore;
    use common::object::fake::MemoryObjects;

    let one = config().with("stages.preprocess.workers", 1).unwrap();
    let stage = stage(&one);
    let objects = MemoryObjects::default();
    let good = Paper::default().page(&text(40, 300, 12, "Facture")).bytes();
    for bytes in [b"%PDF-1.7 nothing".to_vec(), good] {
        let job = crate::world::job(Pdf, &bytes);
        let bucket = common::object::Bucket::Uploads;
        objects.write(bucket, &job.id, bytes.clone().into()).await.unwrap();
        let outcome = stage.run(&job, &objects).await;
        assert_eq!(outcome.is_ok(), bytes.len() > 100);
    }
}
