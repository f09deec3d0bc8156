//! The status of a document: the one record that decides who may work on it and how it ends.
//!
//! [`record`] says what is kept, [`transition`] how it may change, `corrected` what people may put right, [`digest`] what of it is kept in memory
//! for all documents at once. All are pure; the KV bucket applies a transition by compare-and-set, so of
//! two services that read the same revision one wins and the other reads again. Because every decision
//! is made on this record:
//!
//! * attempts are counted when work begins, so a killed service counts too;
//! * a terminal state absorbs everything but an explicit replay, which starts a new generation;
//! * the change to a terminal state is the commit: events and dead letters are derived from it
//!   afterwards and can be published again at any time.

mod corrected;
pub mod digest;
pub mod record;
pub mod told;
pub mod transition;

#[cfg(test)]
mod machine_tests;

pub use corrected::Amended;
pub use digest::{Arrival, Digest, Moment, Summary};
pub use record::{Claim, ResultJson, State, StatusRecord, Upload};
pub use transition::{Advance, ClaimOutcome};
