//! What several operations have in common: parameters, and answers that mean the same everywhere.

use utoipa::{IntoParams, IntoResponses};

use crate::problem::Problem;

/// Which document.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes the address; it is read elsewhere")]
pub(crate) struct OfDocument {
    /// The id that the upload was answered with
    #[param(example = "17dc4bd2bc373f326e204153b8372baa4e588904e3c2895f283cc63d2a625489")]
    id: String,
}

/// Which webhook.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes the address; it is read elsewhere")]
pub(crate) struct OfWebhook {
    /// The id that it was made with
    #[param(example = "00112233445566ff")]
    webhook: String,
}

/// What the client has already.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes a header; it is read elsewhere")]
pub(crate) struct Tagged {
    /// Entity tags of earlier answers
    #[param(rename = "If-None-Match", example = "\"1-processing-ocr-1-18bb0c2f4a3d1e00-1\"")]
    if_none_match: Option<String>,
}

/// How a request names itself, of every operation that is carried out once for each name.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes a header; it is read elsewhere")]
pub(crate) struct Named {
    /// Names this request (draft-ietf-httpapi-idempotency-key-header), as it is or in double quotes. For 24
    /// hours the same request under the same key is answered as it was the first time, with
    /// `Idempotency-Replayed: true`, and nothing is done.
    #[param(
        rename = "Idempotency-Key",
        min_length = 1,
        max_length = 255,
        pattern = "^[!#-\\[\\]-~]+$",
        example = "8e03978e-40d5-43dd-bc93-6894a57f9324"
    )]
    idempotency_key: Option<String>,
}

/// What a caller is told who may not ask, of every operation that asks who they are.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "describes answers; errors are made elsewhere")]
pub(crate) enum Refusals {
    /// No API key or token, or none that is good; `WWW-Authenticate` says what to show
    #[response(
        status = 401,
        content_type = "application/problem+json",
        headers(("WWW-Authenticate" = String, description = "As in RFC 6750")),
    )]
    Unauthorized(Problem),
    /// The key or token is good and lacks the scope of the operation
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(Problem),
}

/// What a client is told who asks too often, of every operation but the one for its health.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "describes answers; errors are made elsewhere")]
pub(crate) enum TooOften {
    /// More requests than one client may send in a minute, or more documents than it may have read in a day; come back
    /// after `Retry-After` seconds
    #[response(
        status = 429,
        content_type = "application/problem+json",
        headers(
            ("Retry-After" = u64, description = "Seconds"),
            ("RateLimit" = String, description = "What is left (IETF draft 10)"),
            ("RateLimit-Policy" = String, description = "What there is a minute"),
        ),
    )]
    TooManyRequests(Problem),
}

/// What is said of a document that the caller does not have.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "describes answers; errors are made elsewhere")]
pub(crate) enum Absent {
    /// Unknown, expired, or somebody else's
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(Problem),
}

/// What is said of a webhook that the caller does not have.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "describes answers; errors are made elsewhere")]
pub(crate) enum AbsentWebhook {
    /// Unknown, or somebody else's
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(Problem),
}

/// What is said of a body that `crate::json` does not take.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "describes answers; errors are made elsewhere")]
pub(crate) enum SmallJson {
    /// The body is not the JSON that is expected
    #[response(status = 400, content_type = "application/problem+json")]
    Malformed(Problem),
    /// Too many bytes
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(Problem),
    /// Not declared as JSON
    #[response(status = 415, content_type = "application/problem+json")]
    OtherType(Problem),
}

/// What is said of a named request that is being carried out.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "describes answers; errors are made elsewhere")]
pub(crate) enum InUse {
    /// A request with this Idempotency-Key is under way
    #[response(
        status = 409,
        content_type = "application/problem+json",
        headers(("Retry-After" = u64, description = "Seconds")),
    )]
    Conflict(Problem),
}

macro_rules! unavailable {
    ($(#[$reason:meta] $name:ident: #[$said:meta])+) => {
        $(
            #[$reason]
            #[derive(IntoResponses)]
            #[expect(dead_code, reason = "describes answers; errors are made elsewhere")]
            pub(crate) enum $name {
                #[$said]
                #[response(
                    status = 503,
                    content_type = "application/problem+json",
                    headers(("Retry-After" = u64, description = "Seconds")),
                )]
                Unavailable(Problem),
            }
        )+
    };
}

unavailable! {
    /// What is said where only the broker can be in the way.
    Silent:
    /// The broker does not answer; come back after `Retry-After` seconds
    /// What is said where something is to be stored.
    NoRoom:
    /// No room, or the broker is away; come back after `Retry-After` seconds
    /// What is said where only so many are served at once.
    Busy:
    /// Too many of these at once, or the broker does not answer; come back after `Retry-After` seconds
}
