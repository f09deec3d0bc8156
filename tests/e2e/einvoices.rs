//! E-invoices: inside a PDF, by themselves, and what only looks like one.

use std::fs;

use serde_json::Value;

use crate::support::{Behind, Service, Setup, contract, folder, get, sample};

const XML: &str = "application/xml";

/// An invoice in each syntax, of fictitious firms.
const CII: &[u8] = include_bytes!("../../crates/extract/tests/fixtures/einvoice/en16931.xml");
const UBL: &[u8] = include_bytes!("../../crates/extract/tests/fixtures/einvoice/ubl-invoice.xml");

/// Code, message and stage of a document that was taken and failed.
fn failure(service: &Service, body: &[u8]) -> (String, String) {
    let ended = service.ended(&service.accepted(body, XML));
    assert_eq!(ended["state"], "failed", "{ended}");
    let error = &ended["error"];
    assert_eq!(error["stage"], "extract", "{error}");
    (error["code"].as_str().unwrap().to_owned(), error["message"].as_str().unwrap().to_owned())
}

#[test]
fn an_e_invoice_by_itself_is_read_without_pages() {
    let data = folder();
    let service = Setup::all(data.path()).start();
    let schema: Value = serde_json::from_slice(&fs::read(contract()).unwrap()).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    for (xml, number, gross) in [(CII, "RE 2025/118", "1142.40"), (UBL, "X-2025-7", "1190.00")] {
        let id = service.accepted(xml, XML);
        let ended = service.ended(&id);
        assert_eq!(ended["state"], "completed", "{}", ended["error"]);
        let result = &ended["result"];
        let errors: Vec<String> = schema.iter_errors(result).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
        assert_eq!((&result["media_type"], &result["pages"]), (&XML.into(), &Value::Array(vec![])));
        let invoice = &result["invoice"];
        assert_eq!(
            (&invoice["number"]["value"], &invoice["number"]["source"]["xml"]),
            (&number.into(), &"BT-1".into())
        );
        assert_eq!(invoice["totals"]["gross"]["value"], gross);
        assert_eq!(result["review"]["required"], false, "{}", result["review"]);

        let pages = format!("{}/api/v1/invoices/{id}/pages", service.url);
        assert_eq!(get(&pages), (200, serde_json::json!({"pages": []})));
        let (status, problem) = get(&format!("{pages}/1/image"));
        assert_eq!(
            (status, &problem["code"], &problem["limit"]),
            (404, &"page_not_found".into(), &0.into())
        );
    }
}

#[test]
fn an_e_invoice_inside_a_pdf_is_read_as_data_and_agrees_with_its_page() {
    let data = folder();
    let service = Setup::all(data.path()).start();
    let id = service.accepted(&sample("facture-electronique.pdf"), "application/pdf");
    let result = service.ended(&id)["result"].clone();
    let invoice = &result["invoice"];
    for (field, term) in [("number", "BT-1"), ("issue_date", "BT-2"), ("due_date", "BT-9")] {
        assert_eq!(invoice[field]["source"]["xml"], term, "{field}");
    }
    assert_eq!(invoice["totals"]["gross"]["source"]["xml"], "BT-112");
    assert_eq!(invoice["lines"][0]["net_amount"]["source"]["xml"], "BT-131");
    let checks = result["checks"].as_array().unwrap();
    assert!(
        checks.iter().any(|c| c["rule"] == "BR-CO-13" && c["status"] == "passed"),
        "{checks:?}"
    );
    assert_eq!(result["review"]["required"], false, "{}", result["review"]);
    assert_eq!(result["pages"].as_array().map(Vec::len), Some(1));
}

#[test]
fn xml_that_is_no_invoice_or_an_attack_ends_in_its_typed_error() {
    let data = folder();
    let service = Setup::all(data.path()).start();
    let declared = |text: &str| format!("<?xml version=\"1.0\"?>{text}").into_bytes();
    let laughs: String = (1..10)
        .map(|n| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10)))
        .collect();
    let laughs = format!("<!DOCTYPE a [<!ENTITY l0 \"ha\">{laughs}]><Invoice>&l9;</Invoice>");
    let outside =
        "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/hostname\">]><Invoice>&x;</Invoice>";
    let elsewhere = "<!DOCTYPE Invoice SYSTEM \"http://127.0.0.1:9/x.dtd\"><Invoice/>";
    let deep = format!("{}{}", "<a>".repeat(50_000), "</a>".repeat(50_000));
    let wide = format!("<a>{}</a>", "<b/>".repeat(600_000));
    let order = "<SCRDMCCBDACIOMessageStructure xmlns=\"urn:example:order\"/>";
    let cases = [
        ("billion laughs", declared(&laughs), "xml_forbidden"),
        ("an external entity", declared(outside), "xml_forbidden"),
        ("an external document type", declared(elsewhere), "xml_forbidden"),
        ("deep nesting", declared(&deep), "xml_too_complex"),
        ("too many elements", declared(&wide), "xml_too_complex"),
        ("an order", declared(order), "xml_not_an_invoice"),
        ("an invoice cut off", UBL[..UBL.len() / 2].to_vec(), "xml_damaged"),
        ("bytes in no encoding", declared("<a>\u{e9}</a>")[..25].to_vec(), "xml_damaged"),
    ];
    for (what, body, code) in cases {
        let (seen, message) = failure(&service, &body);
        assert_eq!(seen, code, "{what}: {message}");
    }
    let mut large = UBL.to_vec();
    large.resize(6 * 1024 * 1024, b' ');
    let (status, problem) = service.submit(&large, XML);
    assert_eq!((status, &problem["code"]), (413, &"document_too_large".into()));
    assert_eq!(problem["limit"], 5 * 1024 * 1024);
    let (status, problem) = service.submit(&declared("<svg/>"), XML);
    assert_eq!((status, &problem["code"]), (415, &"unsupported_media_type".into()));

    let behind = Behind::service(data.path());
    behind.drained();
    assert_eq!(behind.messages("INVOICE_DEAD"), behind.messages("INVOICE_EVENTS"));
    let id = service.accepted(UBL, XML);
    assert_eq!(service.ended(&id)["state"], "completed", "the service still works");
    assert!(service.stop().success());
}
