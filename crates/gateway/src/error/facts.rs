//! What follows from an error: its kind, and the limit that it names.

use super::kind::{self, Kind};
use super::{ApiError, WebhookError};

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
            Self::IdempotencyKeyInvalid(_) => &kind::IDEMPOTENCY_KEY_INVALID,
            Self::IdempotencyKeyInUse => &kind::IDEMPOTENCY_KEY_IN_USE,
            Self::IdempotencyKeyReused => &kind::IDEMPOTENCY_KEY_REUSED,
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
            Self::ResultChanged => &kind::RESULT_CHANGED,
            Self::PreconditionMissing => &kind::PRECONDITION_MISSING,
            Self::CorrectionInvalid(_) => &kind::CORRECTION_INVALID,
            Self::CorrectionTooLarge { .. } | Self::ResultTooLarge => &kind::CORRECTION_TOO_LARGE,
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
            Self::QuotaExhausted { .. } => &kind::QUOTA_EXHAUSTED,
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
        if let Self::CorrectionInvalid(refusal) = self {
            return refusal.bounds();
        }
        match *self {
            Self::DocumentTooLarge { limit, seen }
            | Self::CorrectionTooLarge { limit, seen }
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
            Self::QuotaExhausted { over, .. } => {
                (Some(over.limit), Some(over.used.saturating_add(over.asked)))
            }
            Self::ParameterOutOfRange { limit, seen, .. } => (Some(limit), seen),
            Self::PageNotFound { count, asked } => (Some(count), asked),
            _ => (None, None),
        }
    }

    /// Whether the same request may succeed a little later.
    pub(crate) fn is_temporary(&self) -> bool {
        self.kind().status == 503
    }

    /// Whether it says nothing of the request, which may even have been carried out.
    pub(crate) fn may_pass(&self) -> bool {
        self.kind().status >= 500
    }
}
