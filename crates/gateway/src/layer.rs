//! What every answer has, from the outside in: a request id, a log line and metrics, security
//! headers, and the form of a problem where something went wrong.

pub(crate) mod correlation;
pub(crate) mod headers;
pub(crate) mod observe;
pub(crate) mod problems;
