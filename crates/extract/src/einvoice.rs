//! E-invoices read as data: Factur-X, ZUGFeRD 1 and 2, XRechnung and other EN 16931 invoices, in both
//! syntaxes (UN/CEFACT CII and OASIS UBL).
//!
//! [`read`] is pure: bytes to an [`EInvoice`], by way of text (`decode`), a check that the text costs
//! no more than its size (`guard`) and a tree of elements (`element`). `cii` and `ubl` say where
//! each term of EN 16931 stands in their syntax, `terms` what a value must look like. What a page
//! shows beside it is compared in `compare`, and fills what the profile cannot hold in `fill`.

mod cii;
mod compare;
mod decode;
mod element;
mod error;
mod fill;
mod guard;
mod kind;
mod party_terms;
mod profile;
mod sums;
mod terms;
mod ubl;
mod zugferd1;

use roxmltree::{Document, ParsingOptions};

use common::page::ReadDocument;

use crate::result::{Check, Field, Invoice, Line, Reason};

pub use error::EInvoiceError;
pub use profile::Profile;

use element::{Element, Names};
use sums::Sums;

/// Elements and texts of one e-invoice: an invoice of 5 000 lines has about 300 000.
const MAX_NODES: u32 = 500_000;

/// Lines that are published: with a kilobyte for each, the result stays below what the broker takes
/// as one message (4 MB).
const MAX_LINES: usize = 3_000;

/// An e-invoice as it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct EInvoice {
    /// What it says; what it does not say is `None`.
    pub invoice: Invoice,
    /// How much it is able to say.
    pub profile: Profile,
    /// Business terms (`BT-115`) that it states in a form that cannot be read.
    pub unreadable: Vec<&'static str>,
    /// Sums that the result has no field for.
    sums: Sums,
}

/// What is known of the XML files that came with a document.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Attached {
    /// There is none.
    #[default]
    Nothing,
    /// One of them is an invoice.
    Invoice(Box<EInvoice>),
    /// None of them is; this is wrong with the first.
    Unreadable(EInvoiceError),
}

impl Attached {
    /// Takes the first of `files` that is an invoice: others beside it are orders, or what a
    /// programme keeps for itself.
    pub fn first_of<'a>(files: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut found = Self::Nothing;
        for bytes in files {
            match read(bytes) {
                Ok(einvoice) => return Self::Invoice(Box::new(einvoice)),
                Err(error) if found == Self::Nothing => found = Self::Unreadable(error),
                Err(_) => {}
            }
        }
        found
    }
}

/// Reads an e-invoice.
///
/// # Errors
/// [`EInvoiceError`]: it is none, it is damaged, or it asks for more than its size.
pub fn read(bytes: &[u8]) -> Result<EInvoice, EInvoiceError> {
    let text = decode::decode(bytes)?;
    guard::check_text(&text)?;
    let options =
        ParsingOptions { nodes_limit: MAX_NODES, allow_dtd: false, ..ParsingOptions::default() };
    let document = Document::parse_with_options(&text, options)?;
    guard::check_depth(&document)?;
    let root = document.root_element();
    let namespace = root.tag_name().namespace().unwrap_or_default();
    match root.tag_name().name() {
        "CrossIndustryInvoice" if namespace.starts_with(cii::NAMESPACE) => {
            Ok(cii::read(Element::new(root, Names::Current)))
        }
        "CrossIndustryDocument" if namespace.starts_with(zugferd1::NAMESPACE) => {
            Ok(cii::read(Element::new(root, Names::Zugferd1)))
        }
        "Invoice" | "CreditNote" if namespace.starts_with(ubl::NAMESPACE) => {
            Ok(ubl::read(Element::new(root, Names::Current)))
        }
        _ => Err(EInvoiceError::NotAnInvoice),
    }
}

/// What the invoice is for, where it has but one line. Notes do not say it: they thank, warn and
/// name conditions.
fn describe(lines: &[Line]) -> Option<Field<String>> {
    match lines {
        [line] => line.description.clone(),
        _ => None,
    }
}

/// What a document says in all, and what follows from its being said twice.
pub(crate) struct Settled {
    pub(crate) invoice: Invoice,
    /// Rules on sums that only an e-invoice states.
    pub(crate) checks: Vec<Check>,
    /// Why a person has to look.
    pub(crate) reasons: Vec<Reason>,
}

/// Puts what was attached beside what the pages were read as.
///
/// The e-invoice is the legal original: what it states counts, and what it could state and does
/// not is not filled from the page. Where they differ, a person has to look.
pub(crate) fn settle(attached: &Attached, page: Invoice, document: &ReadDocument) -> Settled {
    match attached {
        Attached::Nothing => Settled { invoice: page, checks: Vec::new(), reasons: Vec::new() },
        Attached::Unreadable(error) => {
            let message = format!("the attached e-invoice is not used: {error}");
            let reason = Reason::new("einvoice_unreadable", message);
            Settled { invoice: page, checks: Vec::new(), reasons: vec![reason] }
        }
        Attached::Invoice(einvoice) => {
            let mut reasons = compare::differences(&einvoice.invoice, &page, document);
            reasons.extend(einvoice.unreadable.iter().map(|term| {
                let message = format!("{term} of the e-invoice cannot be read");
                Reason::new("einvoice_value_unreadable", message)
            }));
            let checks = einvoice.sums.check(&einvoice.invoice);
            let mut invoice = fill::fill(einvoice.invoice.clone(), page, einvoice.profile);
            let lines = invoice.lines.len();
            if lines > MAX_LINES {
                invoice.lines.truncate(MAX_LINES);
                let message = format!("of {lines} lines the first {MAX_LINES} are listed");
                let field = Some("lines".to_owned());
                reasons.push(Reason { field, ..Reason::new("einvoice_lines_cut", message) });
            }
            Settled { invoice, checks, reasons }
        }
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use super::*;
    use crate::result::Amount;

    const ORDER: &[u8] = b"<SCRDMCCBDACIOMessageStructure/>";

    #[test]
    fn the_first_file_that_is_an_invoice_counts() {
        let invoice = include_bytes!("../tests/fixtures/einvoice/minimum.xml");
        let files: [&[u8]; 3] = [ORDER, b"<broken", invoice];
        assert!(matches!(Attached::first_of(files), Attached::Invoice(_)));
        let files: [&[u8]; 2] = [b"<broken", ORDER];
        assert_eq!(Attached::first_of(files), Attached::Unreadable(EInvoiceError::Damaged));
        assert_eq!(Attached::first_of([]), Attached::Nothing);
    }

    fn settled(attached: &Attached, page: Invoice) -> Settled {
        let document = ReadDocument { pages: Vec::new(), embedded_xml: Vec::new() };
        settle(attached, page, &document)
    }

    fn codes(settled: &Settled) -> Vec<&'static str> {
        settled.reasons.iter().map(|reason| reason.code).collect()
    }

    #[test]
    fn what_is_stated_counts_and_a_page_that_shows_something_else_is_told() {
        let xml = include_bytes!("../tests/fixtures/einvoice/en16931.xml");
        let attached = Attached::first_of([xml.as_slice()]);
        let mut page = Invoice::default();
        page.totals.gross = Some(terms::stated(Amount(Decimal::TEN), "10", "BT-0"));
        page.seller.phone = Some(terms::stated("1".to_owned(), "1", "BT-0"));
        let settled = settled(&attached, page);
        assert_eq!(settled.invoice.totals.gross.unwrap().value.0.to_string(), "1142.40");
        assert_eq!(settled.invoice.seller.phone.unwrap().value, "+49 30 5550100");
        assert_eq!(settled.reasons.len(), 1);
        let reason = &settled.reasons[0];
        assert_eq!(
            (reason.code, reason.field.as_deref()),
            ("einvoice_differs", Some("totals.gross"))
        );
    }

    #[test]
    fn without_a_usable_file_the_page_stays_as_it_was_read() {
        let page = || Invoice { lines: vec![Line::default()], ..Invoice::default() };
        let nothing = settled(&Attached::Nothing, page());
        assert_eq!((&nothing.invoice, codes(&nothing).len()), (&page(), 0));
        let damaged = settled(&Attached::Unreadable(EInvoiceError::Damaged), page());
        assert_eq!((&damaged.invoice, codes(&damaged)), (&page(), vec!["einvoice_unreadable"]));
    }

    #[test]
    fn a_list_too_long_for_a_message_is_cut_and_told() {
        let xml = include_bytes!("../tests/fixtures/einvoice/en16931.xml");
        let mut einvoice = read(xml).unwrap();
        einvoice.invoice.lines = vec![einvoice.invoice.lines[0].clone(); MAX_LINES + 1];
        let settled = settled(&Attached::Invoice(Box::new(einvoice)), Invoice::default());
        assert_eq!(settled.invoice.lines.len(), MAX_LINES);
        assert_eq!(codes(&settled), ["einvoice_lines_cut"]);
    }

    #[test]
    fn names_of_an_invoice_in_another_namespace_are_none() {
        let refused = Err(EInvoiceError::NotAnInvoice);
        assert_eq!(read(b"<Invoice xmlns='urn:example'/>"), refused);
        assert_eq!(read(b"<CrossIndustryInvoice/>"), refused);
        assert_eq!(read(ORDER), refused);
    }

    #[test]
    fn nothing_outside_the_file_is_read_and_nothing_in_it_multiplies() {
        let bomb = b"<!DOCTYPE a [<!ENTITY b \"ha\"><!ENTITY c \"&b;&b;\">]><a>&c;</a>";
        assert_eq!(read(bomb), Err(EInvoiceError::Forbidden));
        let outside = b"<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>";
        assert_eq!(read(outside), Err(EInvoiceError::Forbidden));
        assert_eq!(read(b"<a>&b;</a>"), Err(EInvoiceError::Damaged));
    }
}
