//! The API's description: made from the handlers and types, with the contract's schema inside.

mod shared;

use bytes::Bytes;
use serde_json::Value;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::problem::Problem;

pub(crate) use shared::{
    Absent, AbsentWebhook, Busy, InUse, Named, NoRoom, OfDocument, OfWebhook, Refusals, Silent,
    SmallJson, Tagged, TooOften,
};

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
                       kinds are listed at [/docs/errors](/docs/errors).\n\n\
                       Where the service asks who you are, send an API key or a token: see \
                       the security schemes. An operation names the scope that it takes; \
                       documents of other tenants do not exist for you.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    modifiers(&Schemes),
    components(schemas(Problem)),
    tags(
        (name = "invoices", description = "Documents in, invoices out"),
        (name = "webhooks", description = "Events, sent to where you want them"),
        (name = "operation", description = "For whoever runs the service"),
    ),
)]
pub(crate) struct Description;

/// How a caller shows who it is.
struct Schemes;

impl Modify for Schemes {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        let key =
            ApiKeyValue::with_description("X-API-Key", "An API key of `invoice-ocr keys create`");
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("An API key, or a token (JWT) of the issuer that the service trusts"))
            .build();
        let components = description.components.get_or_insert_default();
        components.add_security_scheme("api_key", SecurityScheme::ApiKey(ApiKey::Header(key)));
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    }
}

/// The description as JSON text.
///
/// # Errors
/// Only when the contract's schema is not JSON, which a test rules out.
pub(crate) fn render(description: &utoipa::openapi::OpenApi) -> Result<Bytes, serde_json::Error> {
    serde_json::to_vec(&document(description)?).map(Bytes::from)
}

/// The description with the contract's schema in it.
///
/// # Errors
/// As [`render`].
pub(crate) fn document(description: &utoipa::openapi::OpenApi) -> Result<Value, serde_json::Error> {
    let mut document = serde_json::to_value(description)?;
    let mut schema: Value = serde_json::from_str(RESULT_SCHEMA)?;
    move_references(&mut schema);
    if let Some(component) =
        document.pointer_mut(&format!("/components/schemas/{RESULT_COMPONENT}"))
    {
        *component = schema;
    }
    Ok(document)
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
