//! Everything a client can be told went wrong.

mod answer;
mod broker;
pub(crate) mod catalogue;
mod facts;
pub(crate) mod kind;
mod later;
mod webhook;

use common::correction::Refusal;
use common::idempotency::BadIdempotencyKey;
use common::jetstream::place::Place;
use common::key::Scope;
use common::quota::OverQuota;
use export::{Format, Gap};
use thiserror::Error;

use crate::limit::Taken;
use answer::listed;
pub use webhook::WebhookError;

/// Address of the page that describes the kinds of problems.
pub(crate) const ERRORS_PAGE: &str = "/docs/errors";

/// What a client is told. Messages name limit and value, never content of a document.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ApiError {
    /// Refused before any handler saw it.
    #[error("the request cannot be understood")]
    BadRequest,
    /// The query string.
    #[error("the query cannot be read")]
    QueryInvalid,
    /// Not multipart as RFC 7578 says.
    #[error("the multipart body is malformed or ends early")]
    MultipartMalformed,
    /// The client went away, or its connection did.
    #[error("the upload ended early, after {seen} bytes")]
    UploadInterrupted {
        /// Bytes that came.
        seen: u64,
    },
    /// None that can be used, or more than one.
    #[error("{0}, once in a request")]
    IdempotencyKeyInvalid(BadIdempotencyKey),
    /// The same request is being carried out.
    #[error("a request with this Idempotency-Key is under way")]
    IdempotencyKeyInUse,
    /// The key was another request's.
    #[error("this Idempotency-Key was used for another request")]
    IdempotencyKeyReused,
    /// Neither key nor token.
    #[error("an API key or a token is needed")]
    CredentialsMissing,
    /// One that nobody was given, for any reason.
    #[error("the API key or the token is not valid")]
    CredentialsInvalid,
    /// One that was good once.
    #[error("the API key or the token has expired or was revoked")]
    CredentialsExpired,
    /// Good, but not for this.
    #[error("the API key or the token has no scope {scope}")]
    ScopeMissing {
        /// The scope that it takes.
        scope: Scope,
    },
    /// Unknown id, another tenant's id, or no id at all.
    #[error("there is no document of this id")]
    NotFound,
    /// Its pages failed to be read.
    #[error("the document failed before its pages were read")]
    PagesNeverRead,
    /// No page of this number.
    #[error("there is no such page; the document has {count}, numbered from 1")]
    PageNotFound {
        /// Pages of the document.
        count: u64,
        /// The number asked for; `None` when it is none.
        asked: Option<u64>,
    },
    /// Its text layer was enough.
    #[error("the page was read from its text layer, so no image of it was made")]
    PageImageAbsent,
    /// Unknown address.
    #[error("there is nothing at this address")]
    RouteNotFound,
    /// Known address, wrong method.
    #[error("the method does not fit the address")]
    MethodNotAllowed,
    /// Slower than allowed.
    #[error("the upload took longer than {limit_seconds} s; {seen} bytes had come")]
    UploadTimeout {
        /// Seconds allowed.
        limit_seconds: u64,
        /// Bytes that came.
        seen: u64,
    },
    /// Its stage has not come yet.
    #[error("the document's pages have not been read yet")]
    PagesPending,
    /// Still under way.
    #[error("the document has no result yet")]
    ResultPending,
    /// It ended without one.
    #[error("the document failed: {code}")]
    ResultFailed {
        /// Why, as its status says.
        code: String,
    },
    /// No form that the client takes.
    #[error("a result comes as {offered}")]
    NotAcceptable {
        /// Media types, in words.
        offered: String,
    },
    /// Somebody was faster, or the client has never seen what it wants to put right.
    #[error("the result is another one than the If-Match header names")]
    ResultChanged,
    /// A correction of nobody knows which result.
    #[error("an If-Match header with the result's ETag is needed")]
    PreconditionMissing,
    /// What is to be put right cannot be.
    #[error("{0}")]
    CorrectionInvalid(Refusal),
    /// The body of a correction is too long.
    #[error("the corrections have {seen} bytes or more; the limit of a request is {limit}")]
    CorrectionTooLarge {
        /// Bytes allowed.
        limit: u64,
        /// Bytes declared or seen.
        seen: u64,
    },
    /// The result would not fit into a message any more.
    #[error("result and corrections together are more than the broker takes")]
    ResultTooLarge,
    /// Terms that the form asks for and the document does not state.
    #[error("{form} asks for what the result does not give: {}", listed(.gaps))]
    ExportIncomplete {
        /// The form that was asked for.
        form: Format,
        /// All of them.
        gaps: Vec<Gap>,
    },
    /// It has not ended, so there is nothing to do again.
    #[error("the document is {state}")]
    DocumentUnderWay {
        /// Its state, as clients see it.
        state: &'static str,
    },
    /// The upload is kept no longer.
    #[error("the uploaded file is kept no longer")]
    OriginalExpired,
    /// Kept no longer.
    #[error("words and images of the document's pages are kept no longer")]
    PagesExpired,
    /// Over the configured size.
    #[error("the upload has {seen} bytes or more; the limit of a document is {limit}")]
    DocumentTooLarge {
        /// Bytes allowed.
        limit: u64,
        /// Bytes declared or seen.
        seen: u64,
    },
    /// Over the configured size, all together.
    #[error("the batch has {seen} bytes or more; the limit is {limit}")]
    BatchTooLarge {
        /// Bytes allowed.
        limit: u64,
        /// Bytes declared or seen.
        seen: u64,
    },
    /// Over the configured number.
    #[error("the batch has {seen} files or more; the limit is {limit}")]
    TooManyFiles {
        /// Files allowed.
        limit: u64,
        /// Files seen.
        seen: u64,
    },
    /// No ZIP, or a broken one.
    #[error("the archive cannot be unpacked")]
    ArchiveDamaged,
    /// A file of it needs a password.
    #[error("the file needs a password")]
    ArchiveEncrypted,
    /// A method that is not read here.
    #[error("the file is packed with a method other than deflate and store")]
    ArchiveUnsupported,
    /// Unpacked it is far more than packed.
    #[error("unpacked, the files have more than {limit} times the bytes of the archive")]
    ArchiveExpands {
        /// Times allowed.
        limit: u64,
    },
    /// The first bytes are not of a PDF, JPEG, PNG or XML.
    #[error(
        "by its first bytes the document is: {seen}; PDF, JPEG, PNG and e-invoices in XML are read"
    )]
    UnsupportedMediaType {
        /// In general terms.
        seen: &'static str,
    },
    /// Neither multipart nor a document.
    #[error("the Content-Type is neither multipart/form-data nor that of a document")]
    UnsupportedContentType,
    /// Compressed on the way.
    #[error("the body has a Content-Encoding")]
    UnsupportedContentEncoding,
    /// No field `file`.
    #[error("the form has no field named file")]
    FileMissing,
    /// No bytes.
    #[error("the document has 0 bytes")]
    DocumentEmpty,
    /// No size can be read.
    #[error("the image's header does not say how large the image is")]
    ImageDamaged,
    /// A side longer than allowed.
    #[error("the image's longer side has {seen} pixels; the limit is {limit}")]
    SideTooLong {
        /// Pixels allowed.
        limit: u64,
        /// Pixels declared.
        seen: u64,
    },
    /// More pixels than allowed.
    #[error("the image has {seen} pixels; the limit is {limit}")]
    TooManyPixels {
        /// Pixels allowed.
        limit: u64,
        /// Pixels declared.
        seen: u64,
    },
    /// More languages than allowed.
    #[error("{seen} languages are asked for; the limit is {limit}")]
    TooManyLanguages {
        /// Languages allowed.
        limit: u64,
        /// Languages asked for.
        seen: u64,
    },
    /// Not a Tesseract language code.
    #[error("a language is 3 to 8 characters of a-z and _")]
    LanguageMalformed,
    /// Something that a parameter may not be.
    #[error("{name} has to be {expected}")]
    ParameterInvalid {
        /// The parameter.
        name: &'static str,
        /// What it has to be.
        expected: &'static str,
    },
    /// A number that a parameter may not be.
    #[error("{name} has to be a number from {least} to {limit}")]
    ParameterOutOfRange {
        /// The parameter.
        name: &'static str,
        /// Smallest number allowed.
        least: u64,
        /// Largest number allowed.
        limit: u64,
        /// The number asked for; `None` when it is none.
        seen: Option<u64>,
    },
    /// Damaged, made up, or of another list.
    #[error("the cursor is not of this list")]
    CursorInvalid,
    /// As many as one client may follow.
    #[error("{limit} documents are followed by this client already")]
    TooManyFollowed {
        /// Documents of one client at once.
        limit: u64,
    },
    /// As many clients as may wait.
    #[error("{limit} clients follow documents already")]
    TooManyFollowers {
        /// Clients at once.
        limit: u64,
    },
    /// Something may be missing in it.
    #[error("the list of documents is not complete at the moment")]
    ListBehind,
    /// More requests than a client has.
    #[error("{limit} requests in a minute are taken from one client")]
    TooManyRequests {
        /// Requests in a minute.
        limit: u64,
        /// When one more will be taken, in seconds.
        retry_after_seconds: u64,
    },
    /// More documents, or more bytes of them, than the client has in a day.
    #[error("{over}")]
    QuotaExhausted {
        /// Limit, use, and when there is more.
        over: OverQuota,
        /// Seconds until then.
        retry_after_seconds: u64,
    },
    /// More than any body of JSON needs.
    #[error("the body has more than {limit} bytes")]
    BodyTooLarge {
        /// Bytes allowed.
        limit: u64,
    },
    /// Not JSON, or not that which is expected.
    #[error("the body is not the JSON that is expected, as of line {line}, column {column}")]
    JsonMalformed {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// Not declared as JSON.
    #[error("the Content-Type is not application/json")]
    NotJson,
    /// Of webhooks.
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    /// A bug or a broken record; the log has more.
    #[error("something is wrong on our side")]
    Internal,
    /// No place became free in time.
    #[error("{limit} uploads are being taken already")]
    TooManyUploads {
        /// Uploads at once.
        limit: u64,
    },
    /// No turn came in time.
    #[error("pages of {limit} documents are being read out already")]
    TooManyPageReads {
        /// Documents at once.
        limit: u64,
    },
    /// A queue or a quota is full.
    #[error("{place} is full")]
    BrokerFull {
        /// Which of them.
        place: Place,
    },
    /// The broker is away, or changes its leader.
    #[error("the broker did not answer in time")]
    BrokerAway,
    /// Something is missing.
    #[error("not ready: {missing}")]
    NotReady {
        /// What, in words for an operator.
        missing: String,
    },
}

/// No place among those who follow documents.
impl From<Taken> for ApiError {
    fn from(taken: Taken) -> Self {
        match taken {
            Taken::ByAll { limit } => Self::TooManyFollowers { limit: limit as u64 },
            Taken::ByTheClient { limit } => Self::TooManyFollowed { limit: limit as u64 },
        }
    }
}

#[cfg(test)]
mod tests;
