//! Routes and what is around them.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use tokio_util::sync::CancellationToken;
use tower::util::option_layer;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::layer::identity::{self, Identity};
use crate::layer::rate::Rates;
use crate::layer::{correlation, cors, headers, observe, problems, rate};
use crate::metrics::{HttpMetrics, RegisterMetrics};
use crate::openapi::{self, Description};
use crate::register::Register;
use crate::routes::{
    contract, correct_result, corrections, delete_invoice, docs, errors, health, invoice,
    invoice_events, invoices, metrics, page_image, pages, process_invoice, process_invoices, quota,
    ready, reprocess, result, webhooks,
};
use crate::state::{App, GatewayState};

/// The gateway as a service. Adds the HTTP metrics to the state's registry: call it once for each. Nobody
/// keeps up with the broker's statuses here, so documents are not listed.
pub fn router(state: GatewayState) -> Router {
    let rates = Rates::new(&state.config);
    let register = register(&state, CancellationToken::new());
    router_with(state, rates, register)
}

/// A register of all documents, which somebody has to run.
pub(crate) fn register(state: &GatewayState, stop: CancellationToken) -> Arc<Register> {
    let metrics = state.metrics.register(RegisterMetrics::register);
    Register::new(state.config.gateway.following.max_documents, metrics, stop)
}

/// The gateway as a service that counts its clients' requests in `rates`, and knows of all documents what
/// `register` does.
pub(crate) fn router_with(
    state: GatewayState,
    rates: Arc<Rates>,
    register: Arc<Register>,
) -> Router {
    let gateway = &state.config.gateway;
    let (cors, encrypted) = (option_layer(cors::layer(&gateway.cors)), gateway.tls.is_on());
    let identity = Identity::new(&state.config, state.access.clone());
    let http_metrics = state.metrics.register(HttpMetrics::register);
    let (api, description) =
        described().with_state(Arc::new(App::new(state, register))).split_for_parts();
    api.merge(docs::routes(openapi::render(&description)))
        .merge(errors::routes())
        // What has a body counts for itself, so that it can say how much came.
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(rates, rate::limit))
        .layer(from_fn_with_state(identity, identity::identify))
        .layer(CatchPanicLayer::custom(problems::panicked))
        .layer(map_response(problems::as_problem))
        .layer(cors)
        .layer(from_fn_with_state(encrypted, headers::secure))
        .layer(from_fn_with_state(http_metrics, observe::observe))
        .layer(from_fn(correlation::correlate))
}

/// Every operation with what is said of it.
fn described() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(process_invoice::process_invoice))
        .routes(routes!(process_invoices::process_invoices))
        .routes(routes!(invoices::invoices))
        .routes(routes!(invoice::invoice, delete_invoice::delete_invoice))
        .routes(routes!(invoice_events::invoice_events))
        .routes(routes!(result::result, correct_result::correct_result))
        .routes(routes!(corrections::corrections))
        .routes(routes!(reprocess::reprocess))
        .routes(routes!(pages::pages))
        .routes(routes!(page_image::page_image))
        .routes(routes!(quota::quota))
        .routes(routes!(webhooks::list::webhooks, webhooks::create::create_webhook))
        .routes(routes!(
            webhooks::list::webhook,
            webhooks::change::change_webhook,
            webhooks::remove::remove_webhook
        ))
        .routes(routes!(webhooks::secret::exchange_secret))
        .routes(routes!(webhooks::test::test_webhook))
        .routes(routes!(webhooks::deliveries::deliveries))
        .routes(routes!(webhooks::replay::replay_delivery))
        .routes(routes!(contract::contract))
        .routes(routes!(contract::failed))
        .routes(routes!(contract::corrected))
        .routes(routes!(contract::events))
        .routes(routes!(health::health))
        .routes(routes!(ready::ready))
        .routes(routes!(metrics::metrics))
}

/// The description of the API (OpenAPI 3.1), indented, as `contract/openapi.json` has it.
///
/// # Errors
/// As the gateway's own `/openapi.json`: never in a released build.
pub fn description() -> Result<String, serde_json::Error> {
    let document = openapi::document(&described().into_openapi())?;
    serde_json::to_string_pretty(&document)
}
