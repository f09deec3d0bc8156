//! What every answer has, from the outside in: a request id, a log line and metrics, security
//! headers, what pages of other origins may do, the form of a problem where something went wrong,
//! and who its client is and how often it asks.

pub(crate) mod correlation;
pub(crate) mod cors;
pub(crate) mod headers;
pub(crate) mod identity;
pub(crate) mod observe;
pub(crate) mod problems;
pub(crate) mod rate;
