//! `contract/openapi.json` keeps what `contract/openapi.released.json` has promised.

use serde_json::{Value, json};

use crate::compatible::breaks;

fn released() -> Value {
    serde_json::from_str(include_str!("../../../../contract/openapi.released.json")).unwrap()
}

#[test]
fn clients_of_the_last_release_are_served_by_this_one() {
    let current: Value =
        serde_json::from_str(include_str!("../../../../contract/openapi.json")).unwrap();
    let broken = breaks(&released(), &current);
    assert!(
        broken.is_empty(),
        "this breaks clients, see contract/README.md:\n{}",
        broken.join("\n")
    );
}

const UPLOAD: &str = "/paths/~1api~1v1~1process-invoice/post";
const LIST: &str = "/paths/~1api~1v1~1invoices/get";
const STATUS: &str = "/paths/~1api~1v1~1invoices~1{id}/get";

/// Sets what `pointer` names in a copy of the description; `null` takes it away.
fn changed(pointer: &str, to: Value) -> Value {
    let mut document = released();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let key = key.replace("~1", "/");
    let parent = document.pointer_mut(parent).unwrap_or_else(|| panic!("no {parent}"));
    match (parent, to) {
        (Value::Object(members), Value::Null) => {
            members.remove(&key).unwrap_or_else(|| panic!("no {pointer}"));
        }
        (Value::Object(members), to) => _ = members.insert(key, to),
        (Value::Array(items), Value::Null) => _ = items.remove(key.parse().unwrap()),
        (Value::Array(items), to) if key == "-" => items.push(to),
        (other, _) => panic!("{pointer}: {other}"),
    }
    document
}

/// Place of a parameter of the operation at `operation`.
fn parameter(operation: &str, name: &str) -> String {
    let document = released();
    let parameters = document.pointer(&format!("{operation}/parameters")).unwrap();
    let index = parameters.as_array().unwrap().iter().position(|found| found["name"] == name);
    format!("{operation}/parameters/{}", index.unwrap_or_else(|| panic!("no {name}")))
}

#[test]
fn nothing_breaks_where_nothing_changes() {
    assert_eq!(breaks(&released(), &released()), Vec::<String>::new());
}

#[test]
fn whatever_breaks_a_client_is_found() {
    let schema = |name: &str, rest: &str| format!("/components/schemas/{name}/{rest}");
    let result = |rest: &str| format!("/components/schemas/InvoiceExtracted/{rest}");
    let cases = [
        ("/paths/~1api~1v1~1invoices~1{id}~1pages".to_owned(), Value::Null, "removed"),
        ("/paths/~1api~1v1~1invoices~1{id}/delete".to_owned(), Value::Null, "removed"),
        (format!("{STATUS}/operationId"), json!("status"), "called otherwise"),
        (format!("{STATUS}/security"), json!([{"api_key": ["operations:read"]}]), "another scope"),
        (parameter(LIST, "seller"), Value::Null, "seller: removed"),
        (format!("{}/required", parameter(LIST, "seller")), json!(true), "now required"),
        (
            format!("{LIST}/parameters/-"),
            json!({"name": "year", "in": "query", "required": true, "schema": {"type": "integer"}}),
            "year: new and required",
        ),
        (format!("{}/schema/maximum", parameter(LIST, "limit")), json!(50), "maximum is narrower"),
        (format!("{}/schema/minimum", parameter(LIST, "limit")), json!(2), "minimum is narrower"),
        (format!("{}/schema/type", parameter(LIST, "limit")), json!("string"), "limit: was"),
        (format!("{}/schema/pattern", parameter(LIST, "seller")), json!("^a"), "another pattern"),
        (
            format!(
                "{}/schema/enum",
                parameter(&format!("{}/get", "/paths/~1api~1v1~1invoices~1{id}~1result"), "format")
            ),
            json!(["json", "csv"]),
            "takes fewer values",
        ),
        (format!("{UPLOAD}/requestBody/content/image~1png"), Value::Null, "image/png: removed"),
        (schema("UploadForm", "required/-"), json!("note"), "note: now required"),
        (schema("UploadForm", "properties/file"), Value::Null, "file: removed"),
        (format!("{UPLOAD}/responses/202"), Value::Null, "answers no longer with 202"),
        (format!("{UPLOAD}/responses/202/headers/Location"), Value::Null, "header Location"),
        (schema("Accepted", "properties/links"), Value::Null, "links: removed"),
        (schema("Accepted", "properties/id/type"), json!("integer"), "id: was"),
        (schema("Accepted", "properties/id/type"), json!(["string", "null"]), "id: was"),
        (schema("Invoice", "required"), json!(["id"]), "no longer always there"),
        (schema("DocumentState", "enum"), json!(["queued", "failed"]), "has lost values"),
        (schema("Problem", "properties/code"), Value::Null, "code: removed"),
        (result("properties/invoice/properties/number"), Value::Null, "number: removed"),
        (result("properties/schema/const"), json!("invoice.extracted/2"), "another constant"),
        (
            format!("{STATUS}/responses/200/content/application~1json"),
            Value::Null,
            "application/json: removed",
        ),
    ];
    for (pointer, to, expected) in cases {
        let broken = breaks(&released(), &changed(&pointer, to.clone()));
        assert!(broken.iter().any(|line| line.contains(expected)), "{pointer} = {to}: {broken:?}");
    }
}

#[test]
fn what_is_added_breaks_nobody() {
    let cases = [
        ("/paths/~1api~1v1~1more".to_owned(), json!({"get": {"responses": {}}})),
        (format!("{UPLOAD}/responses/418"), json!({"description": "new"})),
        (format!("{UPLOAD}/responses/408"), Value::Null),
        (
            format!("{LIST}/parameters/-"),
            json!({"name": "year", "in": "query", "required": false, "schema": {"type": "integer"}}),
        ),
        (format!("{}/schema/maximum", parameter(LIST, "limit")), json!(500)),
        (format!("{UPLOAD}/requestBody/content/image~1tiff"), json!({"schema": {}})),
        ("/components/schemas/Accepted/properties/more".to_owned(), json!({"type": "string"})),
        ("/components/schemas/Accepted/required/-".to_owned(), json!("more")),
        (
            "/components/schemas/DocumentState/enum".to_owned(),
            json!(["queued", "processing", "completed", "failed", "paused"]),
        ),
        ("/info/description".to_owned(), json!("in other words")),
    ];
    for (pointer, to) in cases {
        let broken = breaks(&released(), &changed(&pointer, to));
        assert_eq!(broken, Vec::<String>::new(), "{pointer}");
    }
}
