//! Who is asking.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use common::id::Tenant;

/// The client behind a request. Every handler that touches documents takes one, so that none can
/// forget to look.
///
/// There are no API keys yet: everybody is the one tenant of a loopback installation, which is
/// what [`crate::check_listen`] makes sure of.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// Whose documents the client may see.
    pub(crate) tenant: Tenant,
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self { tenant: Tenant::default() })
    }
}
