//! Security headers.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

/// Answers are data: nothing in them may load or run anything, were a browser to show them.
const API_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// Swagger UI runs its own scripts, sets inline styles and shows icons from `data:`; it asks this
/// server and nobody else.
const DOCS_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'";

/// Folder of the documentation's pages.
const DOCS: &str = "/docs";

/// Nothing here is for other pages to embed, by whatever element; a page whose origin is allowed
/// asks with CORS, to which this does not apply.
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// No page that opened the documentation, or was opened by it, holds on to its window.
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// A year without plain HTTP, as is customary; whether other names of the domain keep to it, we
/// cannot know.
const STRICT_TRANSPORT: &str = "max-age=31536000";

/// Sets the headers on every answer. `encrypted`: by this service, not by a proxy in front of it.
pub(crate) async fn secure(
    State(encrypted): State<bool>,
    request: Request,
    next: Next,
) -> Response {
    let documentation = is_documentation(request.uri().path());
    let mut response = next.run(request).await;
    let (policy, caching) =
        if documentation { (DOCS_POLICY, "no-cache") } else { (API_POLICY, "no-store") };
    // A handler may know better how long its answer holds.
    let answer = response.headers_mut();
    answer.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static(caching));
    let set: [(HeaderName, &'static str); 6] = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (RESOURCE_POLICY, "same-origin"),
        (OPENER_POLICY, "same-origin"),
    ];
    for (name, value) in set {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    if encrypted {
        let value = HeaderValue::from_static(STRICT_TRANSPORT);
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
    response
}

fn is_documentation(path: &str) -> bool {
    path.strip_prefix(DOCS).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_the_documentation_may_run_scripts() {
        assert!(is_documentation("/docs") && is_documentation("/docs/swagger-ui.css"));
        assert!(!is_documentation("/docsx") && !is_documentation("/api/v1/invoices/docs"));
    }
}
