//! The API's description: made from the handlers and types, with the contract's schema inside.

use bytes::Bytes;
use serde_json::Value;
use utoipa::OpenApi;

/// Schema of a result: what clients rely on, word for word.
pub(crate) const RESULT_SCHEMA: &str =
    include_str!("../../../contract/invoice-extracted.schema.json");

/// The schema's name among the components.
const RESULT_COMPONENT: &str = "InvoiceExtracted";

/// Head of the description.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "invoice-ocr",
        description = "Takes a PDF, a scan or a photo of an invoice and answers with every field, \
                       its place on the page and the probability that it is right.\n\n\
                       Send a document, keep the id, ask for its status until `state` is \
                       `completed` or `failed`. Errors are problem details (RFC 9457); their \
                       kinds are listed at [/docs/errors](/docs/errors).",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    tags(
        (name = "invoices", description = "Documents in, invoices out"),
        (name = "operation", description = "For whoever runs the service"),
    ),
)]
pub(crate) struct Description;

/// The description as JSON text.
///
/// # Errors
/// Only when the contract's schema is not JSON, which a test rules out.
pub(crate) fn render(description: &utoipa::openapi::OpenApi) -> Result<Bytes, serde_json::Error> {
    let mut document = serde_json::to_value(description)?;
    let mut schema: Value = serde_json::from_str(RESULT_SCHEMA)?;
    move_references(&mut schema);
    if let Some(component) =
        document.pointer_mut(&format!("/components/schemas/{RESULT_COMPONENT}"))
    {
        *component = schema;
    }
    serde_json::to_vec(&document).map(Bytes::from)
}

/// References count from the root of the document they stand in: here the description, no longer
/// the schema.
fn move_references(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get_mut("$ref")
                && let Some(place) = reference.strip_prefix('#')
            {
                *reference = format!("#/components/schemas/{RESULT_COMPONENT}{place}");
            }
            members.values_mut().for_each(move_references);
        }
        Value::Array(items) => items.iter_mut().for_each(move_references),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_inside_the_contract_resolve_inside_the_description() {
        let mut schema = serde_json::json!({"a": [{"$ref": "#/$defs/field"}]});
        move_references(&mut schema);
        let moved = "#/components/schemas/InvoiceExtracted/$defs/field";
        assert_eq!(schema["a"][0]["$ref"], moved);
    }
}
