//! What every answer has, from the outside in: a request id, a log line and metrics, security
//! headers, what pages of other origins may do, the form of a problem where something went wrong,
//! and the rate of its client.

pub(crate) mod correlation;
pub(crate) mod cors;
pub(crate) mod headers;
pub(crate) mod observe;
pub(crate) mod problems;
pub(crate) mod rate;
