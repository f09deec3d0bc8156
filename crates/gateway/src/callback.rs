//! Addresses that uploads bring: looked at before anything is stored, called once the document has ended.

use common::id::{DocumentId, Tenant};

use crate::error::{ApiError, WebhookError};
use crate::routes::webhooks;
use crate::state::App;

/// Looks whether `url` may be called for `tenant`, and gives it the form in which it is kept.
///
/// # Errors
/// [`WebhookError::UrlRefused`], and [`WebhookError::UploadsMissing`] where there is nothing to sign with.
pub(crate) async fn looked_at(app: &App, tenant: &Tenant, url: &str) -> Result<String, ApiError> {
    let url = webhooks::looked_at(app, url).await?;
    let endpoints = app.accepting.endpoints_of(tenant).await;
    let endpoints = endpoints.map_err(|error| ApiError::from(&error))?;
    if !endpoints.iter().any(|endpoint| endpoint.url.is_none()) {
        return Err(WebhookError::UploadsMissing.into());
    }
    Ok(url)
}

/// Has `url` called when the document ends.
///
/// # Errors
/// [`ApiError`] as for any write: the document is taken, and the client has to send it again, so that the callback
/// is not forgotten.
pub(crate) async fn order(
    app: &App,
    tenant: &Tenant,
    id: &DocumentId,
    url: &str,
) -> Result<(), ApiError> {
    app.accepting.call_back(tenant, id, url).await.map_err(|error| {
        tracing::warn!(invoice.id = %id, %error, "a callback is not ordered");
        ApiError::from(&error)
    })
}
