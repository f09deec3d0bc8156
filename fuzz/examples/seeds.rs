//! Writes what the fuzzer starts from into `corpus/`, one small file for each kind of input.
//!
//! `cargo run --release --no-default-features --example seeds`, in `fuzz/`. A seed that shows
//! nothing new is gone with the next `cargo fuzz cmin`.

use std::fs;
use std::path::Path;

use serde::Serialize;
use serde_bytes::ByteBuf;

use common::error::ErrorRecord;
use common::event::{DeadLetter, FAILED_SCHEMA, InvoiceFailed};
use common::idempotency::Kept;
use common::object::{Bucket, ObjectRef};
use common::page::{
    AppliedStep, EmbeddedXml, Preparation, PreparedDocument, PreparedPage, ReadDocument, encode,
};
use common::status::{Claim, State, StatusRecord};
use common::webhook::{
    CALLBACK_VERSION, CallbackJob, Delivery, Endpoint, EndpointId, Kinds, NewDelivery, NewEndpoint,
    Secret,
};
use common::worker::Fault;
use fuzz::golden;
use fuzz::words::{document, spell};

/// Invoices of firms that do not exist; two spaces part columns.
const INVOICES: [&[&str]; 6] = [
    &[
        "Dahu SAS  FACTURE N° F-2024-001",
        "12 rue des Tilleuls  Date : 31/12/2024",
        "75001 PARIS  Échéance : 30 jours",
        "SIRET 732 829 320 00074  TVA FR40303265045",
        "Client",
        "Tarasque SARL",
        "13150 Tarascon",
        "Désignation  Qté  P.U.  Montant HT",
        "Papier recyclé A4  10  6,00  60,00",
        "Forfait Transport  1  40,00  40,00",
        "Total HT  100,00 €",
        "TVA 20 %  20,00 €",
        "Total TTC  120,00 €",
        "Acompte  -5,00 €",
        "Net à payer  115,00 €",
        "IBAN FR76 3000 6000 0112 3456 7890 189",
        "BIC AGRIFRPP",
    ],
    &[
        "Bergbau GmbH · Straße 12 · D-10115 Berlin",
        "Rechnung Nr. RE-20171118/506  Kundennummer A12",
        "Datum: 1. Oktober 2023  Lieferdatum 01.02.2024",
        "Dupont AG",
        "Pos.  Bezeichnung  Menge  Einzelpreis  Betrag",
        "1  Beratung  2 h  500,00  1.000,00",
        "Summe Netto  1.000,00 EUR",
        "19,0 % MwSt.  190,00 EUR",
        "Gesamtbetrag  1.190,00 EUR",
        "Zahlbar netto 30 Tage, fällig am 31.10.2023",
        "USt-IdNr.: DE136695976  HRB 35148  Steuernummer 99828-3617",
        "IBAN DE89370400440532013000  BIC COBADEFFXXX",
    ],
    &[
        "Gryphon Ltd  INVOICE",
        "Bill to  Ship to",
        "Dupont Inc.  Tarasque B.V.",
        "Invoice Number: 20240017  Order PO A12",
        "Date October 1, 2023  Due 11/03/2017",
        "Description  Qty  Unit Price  Amount",
        "Consulting  12  $100.00  $1,200.00",
        "Subtotal  $1,234.56",
        "Discount  (5.00)",
        "VAT 0%  0.00",
        "Balance Due  USD 1,229.56",
        "London EC1A 1BB  info@a-b.fr  www.a-b.fr  Tel: +44 161 496 0101",
    ],
    &[
        "Société Tunis SARL  MF 1234567/A/M/000",
        "Facture N° 2024/0187 du 02 Juillet 2015",
        "Total HT  1000,000 DT",
        "TVA 19,0 %  190,000",
        "Timbre fiscal  1,000",
        "Total TTC  1 191,000 Dinars",
    ],
    &["Ticket", "Total  12,00 €", "dont TVA 5,5 %  0,63", "Paid  20,00", "06 31/12/2024"],
    &["Avoir N° A12", "Gutschrift", "Total TTC  -120,00 €", "Réf. Facture F-2024-001"],
];

const TEXTS: [&str; 12] = [
    "1 234,56 € | 1.234,56 | 1,234.56 | 1'234.56 | 1\u{202f}234,56 | 12,3456",
    "- €14.00 | € -9,32 | 14,73- EUR | USD 5.00 | (5.00) | 19,0 %",
    "31/12/2024 01.02.24 11/03/2017 2024-07-09 2024-13-07 20181230",
    "1. Oktober 2023, 02 Juillet 2015, 19-Apr-14, October 1, 2023, 1er mai '24",
    "IBAN FR76 3000 6000 0112 3456 7890 189 DE89370400440532013000 TN59",
    "TVA FR 40 303 265 045 BTW NL123456789B01 USt-IdNr. DE136695976 ATU12345678",
    "SIRET 732 829 320 00074 SIREN 303 265 045 RCS HRB 35148 B",
    "MF 1234567/A/M/000 0123456H Steuernummer 99828-3617",
    "#೦-1 ١٢٣ 𝟙𝟚 é\u{301} İ ß ﬁ \u{200b}12",
    "99999999999999999999 0,001 1.2.3.4 --5 1,,2",
    "EC1A 1BB D-10115 54520 LAXOU 6 Rue Paul Bert",
    "a@b.de www.a-b.fr +33 (0)1 23 45 67 89 Ltd (169609-A) ● x",
];

const HINTS: [&str; 6] = [
    "[[supplier]]\nname = \"Dupont\"\n[supplier.fields]\nnumber = { regex = 'N° (\\S+)' }\n\
     totals.gross = { label = \"Total TTC\" }\ndue_date = { label = \"Date\", place = \"below\", reach = 2.5 }\n",
    "[[supplier]]\nvat_id = \"FR 40 303 265 045\"\nfields.seller.name = { value = \"Dupont & Fils\" }\n\
     fields.currency = { value = \"eur\" }\nfields.payment.bic = { label = \"BIC\" }\n",
    "[[supplier]]\nname = \"Dupont\"\nfields.payment.iban = { value = \"DE89370400440532013000\" }\n\
     fields.seller.registration_id = { label = \"SIRET\" }\nfields.payment.terms = { regex = '(Total.*)' }\n\
     [[supplier]]\nname = \"Tarasque\"\nfields.totals.tax = { regex = 'TVA.*?([\\d,]+) €' }\n",
    "[[supplier]]\nname = \"Dupont\"\nfields.buyer.customer_number = { label = \"Client\" }\n\
     fields.purchase_order = { regex = '(?i)(\\p{Lu}+)' }\nfields.description = { value = \"x\" }\n\
     fields.issue_date = { regex = '(.*)' }\nfields.totals.net = { label = \"HT\", reach = 200 }\n",
    "supplier = 1\n",
    "[[supplier]]\nname = \"A\"\nfields.totals.nett = { regex = '(', reach = nan }\n",
];

const HEADS: [&[u8]; 12] = [
    b"%PDF-1.7\n",
    b"\xff\xd8\xff\xe0\x00\x10JFIF",
    b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR",
    b"<?xml version=\"1.0\"?>\n<rsm:CrossIndustryInvoice xmlns:rsm=\"u\">",
    b"\xef\xbb\xbf<Invoice xmlns='u'/>",
    b"<?xml version='1.0'?><!DOCTYPE html PUBLIC 'x'><html/>",
    b" <!-- kept --> <ubl:CreditNote>",
    b"<?xml version='1.0'?><svg xmlns='u'/>",
    b"<\0I\0n\0v\0o\0i\0c\0e\0>\0",
    b"\xfe\xff\0<\0?\0x\0m\0l\0 \0?\0>",
    b"<?xml version='1.0'?><!-- never ends",
    b"<?a?><CrossIndustryDocument>",
];

const REQUESTS: [&str; 7] = [
    "\u{1}\u{7f}fra+eng\nContent-Type: multipart/form-data; boundary=b\n\n--b\r\n\
     Content-Disposition: form-data; name=\"note\"\r\n\r\nhi\r\n--b\r\n\
     Content-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\
     Content-Type: text/plain\r\n\r\n%PDF-1.4 one\r\n--b--\r\n",
    "\u{9}\u{7f}\nContent-Type: multipart/form-data; boundary=\"b 1\"\n\n--b 1\r\n\
     content-disposition: form-data; name=file; filename*=utf-8''%C3%A9.pdf\r\n\r\n\
     <?xml version='1.0'?><Invoice/>\r\n--b 1--",
    "\u{5}\u{1}\nContent-Type: application/pdf\nContent-Disposition: attachment; \
     filename=\"e.pdf\"; filename*=UTF-8'fr'%C3%A9.pdf\nContent-Length: 9\n\n%PDF-1.7\n",
    "\u{5}\u{7f}../a\u{202e}.pdf\nContent-Type: text/xml; charset=utf-8\n\n<ubl:CreditNote>",
    "\u{5}\u{7f}\nContent-Type: application/octet-stream\nContent-Encoding: gzip\n\nPK",
    "\u{5}\u{7f}\nContent-Type: image/png\nExpect: 100-continue\n\nGIF8",
    "\u{0}\u{0}\nContent-Type: application/octet-stream\nContent-Length: 900\n\n<!DOCTYPE html>",
];

/// Requests as they stand on the wire, one of them of several.
const HEADS_OF_REQUESTS: [&str; 6] = [
    "\u{1}GET /health HTTP/1.1\r\nHost: a\r\n\r\n",
    "\u{7}POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab\r\ncGET / HTTP/1.1\r\nHost: b\r\n\r\n",
    "\u{3}POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
    "\u{0}GET / HTTP/1.0\r\nX-Forwarded-For: 192.0.2.7, 10.0.0.9, unknown\r\nX-Forwarded-For: [2001:db8::1]:80\r\n\r\n",
    "\u{9}GET / HTTP/1.1\r\nForwarded: for=\"[2001:db8::1]:80\";proto=https, for=10.1.1.1\r\n\r\n",
    "\u{2}POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\nX: a\r\n b\r\n\r\n",
];

/// What clients show, and what follows as claims, as a file of keys, as a record.
const SHOWN: [&str; 6] = [
    "Bearer ioc_00112233445566ff_070707070707070707070707070707070707070707070707440015f3\n\n",
    "\nioc_00112233445566ff_070707070707070707070707070707070707070707070707440015f3\n",
    "00112233445566ff_070707070707070707070707070707070707070707070707\n\n{\"keys\": []}",
    "Bearer eyJhbGciOiJIUzI1NiJ9.e30.AAAA\n\n{\"sub\":\"x\",\"iss\":\"i\",\"aud\":\"a\",\"exp\":9999999999,\
     \"tenant\":\"acme\",\"scope\":\"documents:read\"}",
    "Basic dTpw\na\n{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"use\":\"sig\",\"kid\":\"e\",\
     \"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}",
    "\n\n-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n",
];

/// URLs to call, and what their hosts resolve to.
const CALLBACKS: [&[u8]; 6] = [
    b"https://example.com/hook?a=b\n\x00\x5d\xb8\xd8\x22",
    b"http://localhost:80/\n\x00\x7f\x00\x00\x01\x01\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\x00\x00\x01",
    b"http://0x7f.1/",
    b"http://[::ffff:169.254.169.254]:443/",
    b"https://user:password@8.8.8.8/",
    "https://\u{2488}\u{2488}\u{2488}\u{2488}/\u{3002}".as_bytes(),
];

/// Answers of Tesseract, after the size of the page.
const TABLES: [&[u8]; 3] = [
    b"\x03\x01level\tpage_num\n4\t1\t1\t1\t1\t0\t20\t10\t100\t10\t-1\t\n5\t1\t1\t1\t1\t1\t20\t10\t40\t10\t96.5\tTotal\n\
      5\t1\t1\t1\t1\t2\t70\t10\t50\t10\t41.25\t12,50\n5\t1\t1\t1\t1\t3\t130\t0\t5\t60\t90\tde\n",
    b"\x00\x005\t1\t1\t1\t1\t1\t190\t-5\t40\t10\t95\tx",
    b"\xff\xff5\t1\t1\t1\t1\t1\tnan\tinf\t1e38\t3e38\t1e9\tx\n5\t1\t4294967295\t1\t1\t1\t0\t0\t1\t1\t0\t\x20a",
];

/// Requests to put a result right.
const CORRECTIONS: [&[u8]; 7] = [
    b"{\"corrections\":[{\"field\":\"number\",\"value\":\"2026-0042\"}],\"reviewed\":true}",
    b"{\"corrections\":[{\"field\":\"totals.gross\",\"value\":\"-12.50\"},{\"field\":\"issue_date\",\"value\":null},\
      {\"field\":\"currency\",\"value\":\"EUR\"},{\"field\":\"kind\",\"value\":\"credit_note\"}]}",
    b"{\"corrections\":[{\"field\":\"lines.1.quantity\",\"value\":\"2\"},{\"field\":\"charges.0.label\",\"value\":\"a\\nb\"},\
      {\"field\":\"tax_breakdown.0.rate\",\"value\":\"19.00\"}]}\0{\"reviewed\":true}",
    b"{\"corrections\":[{\"field\":\"payment.iban\",\"value\":\"DE89370400440532013000\"},\
      {\"field\":\"seller.country\",\"value\":\"FR\"},{\"field\":\"due_date\",\"value\":\"2024-02-29\"}]}",
    b"{\"corrections\":[{\"field\":\"lines.9999.unit\",\"value\":\"kg\"}]}\0{\"corrections\":[]}\0{}\0[]",
    b"{\"corrections\":[{\"field\":\"number\",\"value\":\"A\"}]}\0{\"corrections\":[{\"field\":\"number\",\"value\":null}]}",
    b"{\"corrections\":[{\"field\":\"number\",\"value\":7},{\"field\":\"number\",\"value\":\"\\ud800\"}],\"reviewed\":1}",
];

fn main() {
    for (at, lines) in INVOICES.iter().enumerate() {
        let name = format!("invoice-{at}");
        // A text layer with what the operator knows, a reading, a slip beside an e-invoice.
        for (how, with) in [(0, 0x2f), (1, 0x20), (0x41, 0x00), (0, 0x10)] {
            let bytes = [&[how, with][..], &set(lines)].concat();
            write("extract_words", &format!("{name}-{how:x}-{with:x}"), &bytes);
        }
        write("amounts_and_dates", &name, lines.join("\n").as_bytes());
    }
    let odd = [&[1, 0][..], &spell(250, "Total"), &[0xff; 21], &spell(240, "12")].concat();
    write("extract_words", "odd", &odd);
    write_all("amounts_and_dates", &TEXTS.map(str::as_bytes));
    write_all("hints_file", &HINTS.map(str::as_bytes));
    write_all("media_type", &HEADS);
    write_all("multipart_upload", &REQUESTS.map(str::as_bytes));
    write_all("request_heads", &HEADS_OF_REQUESTS.map(str::as_bytes));
    write_all("credentials", &SHOWN.map(str::as_bytes));
    let key = include_bytes!("../../crates/common/tests/golden/key-v1.cbor");
    write("credentials", "record", &[b"\n\n", &key[..]].concat());
    write_all("callback_urls", &CALLBACKS);
    write_all("result_corrections", &CORRECTIONS);
    write_all("tesseract_tables", &TABLES);
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x06\x76\0\0\x09\x23\x08\0\0\0\0\0\0\0\0";
    let bare = [b"\x05\x7f\nContent-Type: image/png\n\n", &png[..]].concat();
    write("multipart_upload", "png", &bare);
    e_invoices();
    stage_objects();
    worker_frames();
}

/// The words of `lines`, for `extract_words`.
fn set(lines: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in lines {
        let mut place = 100;
        for column in line.split("  ") {
            for word in column.split(' ') {
                bytes.extend(spell(place, word));
                place = 0;
            }
            place = 29;
        }
    }
    bytes
}

fn e_invoices() {
    let fixtures =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/extract/tests/fixtures/einvoice");
    for file in fs::read_dir(fixtures).expect("the fixtures are there") {
        let path = file.expect("a file").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).expect("UTF-8");
        // Indentation is half of a file and says nothing.
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        write("e_invoice", &name, lines.join("\n").as_bytes());
        if name == "minimum" {
            let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            write("e_invoice", "utf-16", &wide);
            let latin = text.replacen("UTF-8", "ISO-8859-1", 1);
            write("e_invoice", "latin", latin.as_bytes());
            write("e_invoice", "bomb", format!("<!DOCTYPE a>{text}").as_bytes());
        }
    }
}

fn error() -> ErrorRecord {
    serde_json::from_value(serde_json::json!({
        "code": "document_damaged", "message": "page 1", "stage": "preprocess"
    }))
    .expect("an error")
}

fn stage_objects() {
    write("stage_objects", "job", golden::JOB);
    let job = golden::job();
    let (mut read, _) = document(&[&[1, 0][..], &set(&INVOICES[4][..3])].concat()).expect("words");
    let raster = ObjectRef::to(Bucket::Work, &job.id, b"raster");
    let preparation = Preparation {
        doubt: Some("too-little-text".to_owned()),
        measurements: [("skew_degrees".to_owned(), 0.5)].into(),
        steps: vec![AppliedStep { name: "deskew".to_owned(), amount: Some(0.5) }],
    };
    let prepared = PreparedDocument {
        pages: vec![PreparedPage {
            geometry: read.pages[0].geometry,
            words: read.pages[0].words[..1].to_vec(),
            doubted: read.pages[0].words[1..2].to_vec(),
            raster: Some(raster.clone()),
            preparation: preparation.clone(),
        }],
        embedded_xml: vec![EmbeddedXml { name: "factur-x.xml".to_owned(), object: raster }],
    };
    cbor("prepared", &prepared);
    read.pages[0].preparation = preparation;
    cbor::<ReadDocument>("read", &read);
    let failed_at = job.received_at;
    let letter = DeadLetter {
        id: Some(job.id.clone()),
        tenant: Some(job.tenant.clone()),
        generation: 1,
        error: error(),
        attempts: 3,
        failed_at,
        subject: "invoice.job.ocr".to_owned(),
        headers: vec![("a".to_owned(), "b".to_owned())],
        payload: golden::JOB[..40].to_vec(),
    };
    cbor("dead-letter", &letter);
    let failed = InvoiceFailed {
        schema: FAILED_SCHEMA.to_owned(),
        id: job.id.clone(),
        content_hash: job.content_hash.tagged(),
        correlation_id: job.correlation_id.clone(),
        error: error(),
        attempts: 3,
        failed_at,
    };
    json("failed", &failed);
    let mut record = golden::queued();
    json("queued", &record);
    record.state = State::Processing;
    record.claim = Some(Claim { owner: "o".to_owned(), sequence: 7 });
    record.last_error = Some(error());
    json("processing", &record);
    record.result = serde_json::from_str("{\"schema\": \"invoice.extracted/1\"}").ok();
    json("completed", &record);
    let owner = "o".to_owned();
    let kept = Kept::under_way(None, owner, Some(2), record.received_at);
    write("stage_objects", "request", &kept.encode().expect("it can be written"));
    webhook(&record);
}

fn webhook(record: &StatusRecord) {
    let (id, secret) = (EndpointId::generate(), Secret::generate());
    let new = NewEndpoint {
        tenant: record.tenant.clone(),
        url: Some("https://example.org/invoices".to_owned()),
        description: Some("accounting".to_owned()),
        kinds: Kinds::parse(["invoice.extracted"]).expect("there is such a kind"),
    };
    let (id, secret) = (id.expect("random bytes"), secret.expect("random bytes"));
    let endpoint = Endpoint::new(id.clone(), secret, new, 7, record.received_at);
    write("stage_objects", "webhook", &endpoint.encode().expect("it can be written"));
    let new = NewDelivery {
        tenant: record.tenant.clone(),
        endpoint: id,
        url: None,
        document: record.id.clone(),
        event: format!("invoice.extracted.{}.1", record.id),
        kind: "invoice.extracted".to_owned(),
    };
    let delivery = Delivery::new(new, record.received_at);
    write("stage_objects", "delivery", &delivery.encode().expect("it can be written"));
    json("callback", &CallbackJob { version: CALLBACK_VERSION, round: 1 });
}

/// As `common::worker` writes messages; its own types are not public.
#[derive(Serialize)]
struct Ask<R> {
    sequence: u64,
    cpu_seconds: u64,
    request: R,
}

#[derive(Serialize)]
struct Hello<S> {
    parent: u32,
    memory_bytes: u64,
    setup: S,
}

#[derive(Serialize)]
struct Answer<T> {
    sequence: u64,
    reply: Reply<T>,
}

#[derive(Serialize)]
enum Reply<T> {
    Done(T),
    Fault(Fault),
    Panicked { place: String },
}

fn worker_frames() {
    let hello = Hello { parent: 7, memory_bytes: 1 << 30, setup: "fra" };
    write("worker_frames", "hello", &frame(&hello));
    let ask = Ask { sequence: 1, cpu_seconds: 60, request: ByteBuf::from(vec![7; 30]) };
    write("worker_frames", "ask", &[frame(&hello), frame(&ask)].concat());
    let (read, _) = document(&[&[1, 0][..], &set(&["Total  12,00"])].concat()).expect("words");
    let page = PreparedPage {
        geometry: read.pages[0].geometry,
        words: read.pages[0].words.clone(),
        doubted: Vec::new(),
        raster: None,
        preparation: Preparation::default(),
    };
    let done = Answer { sequence: 1, reply: Reply::Done((1_u32, Some(page))) };
    write("worker_frames", "done", &frame(&done));
    write("worker_frames", "body", &frame(&done)[4..]);
    let fault = Fault::rejected("document_damaged", "page 1");
    let fault = Answer::<String> { sequence: 2, reply: Reply::Fault(fault) };
    let place = "src/a.rs:7".to_owned();
    let panicked = Answer::<String> { sequence: 3, reply: Reply::Panicked { place } };
    write("worker_frames", "fault", &[frame(&fault), frame(&panicked)].concat());
    write("worker_frames", "too-long", &[0xff; 8]);
}

fn frame<T: Serialize>(message: &T) -> Vec<u8> {
    let body = encode(message).expect("a message");
    [&(body.len() as u32).to_be_bytes()[..], &body].concat()
}

fn cbor<T: Serialize>(name: &str, value: &T) {
    write("stage_objects", name, &encode(value).expect("it can be written"));
}

fn json<T: Serialize>(name: &str, value: &T) {
    write("stage_objects", name, &serde_json::to_vec(value).expect("it can be written"));
}

fn write_all(target: &str, seeds: &[&[u8]]) {
    for (at, bytes) in seeds.iter().enumerate() {
        write(target, &format!("seed-{at}"), bytes);
    }
}

fn write(target: &str, name: &str, bytes: &[u8]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    fs::create_dir_all(&folder).expect("the folder can be made");
    fs::write(folder.join(name), bytes).expect("the seed can be written");
}
