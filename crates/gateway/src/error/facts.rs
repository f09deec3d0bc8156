//! What follows from an error: its kind, the limit that it names, when to come back, what to show.

use std::time::Duration;

use super::kind::{self, Kind};
use super::{ApiError, WebhookError};

/// How a client may show who it is.
const CHALLENGE: &str = "Bearer realm=\"invoice-ocr\"";

/// Uploads end within moments, so a place is free soon; a page is read in a second or two.
const RETRY_SOON: Duration = Duration::from_secs(2);

/// A leader change of the broker takes 5 to 7 s.
const RETRY_AFTER_LEADER_CHANGE: Duration = Duration::from_secs(8);

/// A full queue drains at the pace of recognition: seconds a page.
const RETRY_WHEN_DRAINED: Duration = Duration::from_secs(30);

impl ApiError {
    /// Its stable name, as problems have it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.kind().code
    }

    /// Code, status and title.
    pub(crate) fn kind(&self) -> &'static Kind {
        match self {
            Self::BadRequest => &kind::BAD_REQUEST,
            Self::QueryInvalid => &kind::QUERY_INVALID,
            Self::MultipartMalformed => &kind::MULTIPART_MALFORMED,
            Self::UploadInterrupted { .. } => &kind::UPLOAD_INTERRUPTED,
            Self::CredentialsMissing => &kind::CREDENTIALS_MISSING,
            Self::CredentialsInvalid => &kind::CREDENTIALS_INVALID,
            Self::CredentialsExpired => &kind::CREDENTIALS_EXPIRED,
            Self::ScopeMissing { .. } => &kind::SCOPE_MISSING,
            Self::NotFound => &kind::NOT_FOUND,
            Self::PagesNeverRead => &kind::PAGES_NEVER_READ,
            Self::PageNotFound { .. } => &kind::PAGE_NOT_FOUND,
            Self::PageImageAbsent => &kind::PAGE_IMAGE_ABSENT,
            Self::RouteNotFound => &kind::ROUTE_NOT_FOUND,
            Self::MethodNotAllowed => &kind::METHOD_NOT_ALLOWED,
            Self::UploadTimeout { .. } => &kind::UPLOAD_TIMEOUT,
            Self::PagesPending => &kind::PAGES_PENDING,
            Self::ResultPending => &kind::RESULT_PENDING,
            Self::ResultFailed { .. } => &kind::RESULT_FAILED,
            Self::NotAcceptable { .. } => &kind::NOT_ACCEPTABLE,
            Self::ExportIncomplete { .. } => &kind::EXPORT_INCOMPLETE,
            Self::DocumentUnderWay { .. } => &kind::DOCUMENT_UNDER_WAY,
            Self::PagesExpired => &kind::PAGES_EXPIRED,
            Self::OriginalExpired => &kind::ORIGINAL_EXPIRED,
            Self::DocumentTooLarge { .. } => &kind::DOCUMENT_TOO_LARGE,
            Self::BatchTooLarge { .. } => &kind::BATCH_TOO_LARGE,
            Self::TooManyFiles { .. } => &kind::TOO_MANY_FILES,
            Self::ArchiveDamaged => &kind::ARCHIVE_DAMAGED,
            Self::ArchiveEncrypted => &kind::ARCHIVE_ENCRYPTED,
            Self::ArchiveUnsupported => &kind::ARCHIVE_UNSUPPORTED,
            Self::ArchiveExpands { .. } => &kind::ARCHIVE_EXPANDS,
            Self::UnsupportedMediaType { .. } => &kind::UNSUPPORTED_MEDIA_TYPE,
            Self::UnsupportedContentType => &kind::UNSUPPORTED_CONTENT_TYPE,
            Self::UnsupportedContentEncoding => &kind::UNSUPPORTED_CONTENT_ENCODING,
            Self::FileMissing => &kind::FILE_MISSING,
            Self::DocumentEmpty => &kind::DOCUMENT_EMPTY,
            Self::ImageDamaged => &kind::IMAGE_DAMAGED,
            Self::SideTooLong { .. } | Self::TooManyPixels { .. } => &kind::PAGE_TOO_LARGE,
            Self::TooManyLanguages { .. } | Self::LanguageMalformed => &kind::LANGUAGES_INVALID,
            Self::ParameterInvalid { .. } | Self::ParameterOutOfRange { .. } => {
                &kind::PARAMETER_INVALID
            }
            Self::CursorInvalid => &kind::CURSOR_INVALID,
            Self::TooManyFollowed { .. } => &kind::TOO_MANY_FOLLOWED,
            Self::TooManyFollowers { .. } => &kind::TOO_MANY_FOLLOWERS,
            Self::ListBehind => &kind::LIST_BEHIND,
            Self::TooManyRequests { .. } => &kind::TOO_MANY_REQUESTS,
            Self::BodyTooLarge { .. } => &kind::BODY_TOO_LARGE,
            Self::JsonMalformed { .. } => &kind::JSON_MALFORMED,
            Self::NotJson => &kind::NOT_JSON,
            Self::Webhook(error) => error.kind(),
            Self::Internal => &kind::INTERNAL,
            Self::TooManyUploads { .. } => &kind::TOO_MANY_UPLOADS,
            Self::TooManyPageReads { .. } => &kind::TOO_MANY_PAGE_READS,
            Self::BrokerFull { .. } => &kind::BROKER_FULL,
            Self::BrokerAway => &kind::BROKER_AWAY,
            Self::NotReady { .. } => &kind::NOT_READY,
        }
    }

    /// The limit that was passed and the value seen.
    pub(super) fn bounds(&self) -> (Option<u64>, Option<u64>) {
        match *self {
            Self::DocumentTooLarge { limit, seen }
            | Self::BatchTooLarge { limit, seen }
            | Self::TooManyFiles { limit, seen }
            | Self::SideTooLong { limit, seen }
            | Self::TooManyPixels { limit, seen }
            | Self::TooManyLanguages { limit, seen } => (Some(limit), Some(seen)),
            Self::UploadTimeout { limit_seconds, .. } => (Some(limit_seconds), None),
            Self::TooManyRequests { limit, .. }
            | Self::TooManyFollowed { limit }
            | Self::TooManyFollowers { limit }
            | Self::TooManyUploads { limit }
            | Self::TooManyPageReads { limit }
            | Self::BodyTooLarge { limit }
            | Self::Webhook(WebhookError::TooMany { limit })
            | Self::ArchiveExpands { limit } => (Some(limit), None),
            Self::ParameterOutOfRange { limit, seen, .. } => (Some(limit), seen),
            Self::PageNotFound { count, asked } => (Some(count), asked),
            _ => (None, None),
        }
    }

    /// Whether the same request may succeed a little later.
    pub(crate) fn is_temporary(&self) -> bool {
        self.kind().status == 503
    }

    /// When to come back, where coming back helps.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooManyRequests { retry_after_seconds, .. } => {
                Some(Duration::from_secs(*retry_after_seconds))
            }
            Self::TooManyUploads { .. }
            | Self::TooManyPageReads { .. }
            | Self::PagesPending
            | Self::ResultPending
            | Self::DocumentUnderWay { .. }
            | Self::ListBehind => Some(RETRY_SOON),
            Self::TooManyFollowed { .. } | Self::TooManyFollowers { .. } => {
                Some(RETRY_WHEN_DRAINED)
            }
            Self::BrokerAway | Self::NotReady { .. } => Some(RETRY_AFTER_LEADER_CHANGE),
            Self::BrokerFull { .. } => Some(RETRY_WHEN_DRAINED),
            _ => None,
        }
    }
}

impl ApiError {
    /// What a client has to show instead (RFC 6750), where showing something else helps.
    pub(super) fn challenge(&self) -> Option<String> {
        match self {
            Self::CredentialsMissing => Some(CHALLENGE.to_owned()),
            Self::CredentialsInvalid | Self::CredentialsExpired => {
                Some(format!("{CHALLENGE}, error=\"invalid_token\""))
            }
            Self::ScopeMissing { scope } => {
                Some(format!("{CHALLENGE}, error=\"insufficient_scope\", scope=\"{scope}\""))
            }
            _ => None,
        }
    }
}
