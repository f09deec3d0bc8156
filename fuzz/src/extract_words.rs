//! Any words on any pages, through the whole of extraction.

use std::sync::LazyLock;

use extract::einvoice::{Attached, read};
use extract::settings::Settings;

use crate::{outcome, words};

/// E-invoices that pages may contradict.
static ATTACHED: LazyLock<[Attached; 2]> = LazyLock::new(|| {
    let xml = include_bytes!("../../crates/extract/tests/fixtures/einvoice/en16931.xml");
    let invoice = read(xml).expect("the fixture is an invoice");
    let order = Attached::first_of([&b"<order/>"[..]]);
    [Attached::Invoice(Box::new(invoice)), order]
});

/// Whatever the words are, extraction ends with a legal result.
pub fn extract_words(bytes: &[u8]) {
    let Ok((document, with)) = words::document(bytes) else { return };
    let attached = ATTACHED.get(usize::from(with.attached)).unwrap_or(&Attached::Nothing);
    let unknowing = Settings::default();
    let settings = if with.known { outcome::knowing() } else { &unknowing };
    let run: fn(&_, &_, &_) =
        if with.explained { outcome::explain_and_check } else { outcome::extract_and_check };
    run(&document, attached, settings);
}
