//! Everything that speaks to the broker, and the only place that names async-nats.
//!
//! How a document moves, told once:
//!
//! 1. [`intake`] stores the upload, creates the status record, publishes the first job. 202.
//! 2. [`runner`] takes a job when it has a free worker, claims it in the status record, keeps the
//!    lease alive ([`lease`]), runs the stage under a deadline, stores what it made ([`objects`]),
//!    publishes the next job ([`publish`]), advances the status ([`statuses`]), and only then
//!    acknowledges ([`settle`]).
//! 3. The last stage, and a failure, change the status to terminal first: that is the commit.
//!    [`ending`] derives the public event (a `cloud_event`) and the dead letter from the record, as
//!    often as needed.
//! 4. [`sweeper`] finds documents that stopped moving and brings them back or ends them.
//! 5. [`reprocessing`] begins an ended document anew when its owner asks.
//! 6. [`corrections`] lets people put right what was read, and tells it as an event of its own.
//! 7. [`erasure`] puts a marker in the place of the status, and removes everything else.
//!
//! Everything takes only so much: [`room`] says who stops at which level, [`place`] what is full.
//!
//! [`topology`] makes the streams that all of this binds to, [`users`] who may do what with them;
//! [`dead_letters`] is the operator's view of what could not be finished, [`events`] of what was
//! published, [`history`] of one document, [`survey`] of the broker, [`status_watch`] of all documents as
//! they move. [`keys`] keeps who may ask, [`audit`] what they did, [`idempotency`] what
//! a repeated request was told the first time, [`quota`] how much each client has had read in a day; `duplicates` which document was first with an invoice; [`webhooks`] sends
//! events to where their tenants want them.

pub mod audit;
pub mod backup;
pub mod broker;
mod cloud_event;
pub mod corrections;
pub mod dead_letters;
mod duplicates;
pub mod ending;
pub mod erasure;
pub mod events;
pub mod history;
pub mod idempotency;
pub mod intake;
pub mod keys;
mod latest;
pub mod lease;
pub mod levels;
mod listing;
pub mod names;
pub mod objects;
pub mod place;
pub mod publish;
pub mod quota;
pub mod reprocessing;
mod restored;
pub mod room;
pub mod runner;
pub mod settle;
pub mod status_watch;
pub mod statuses;
pub mod survey;
pub mod sweeper;
#[cfg(feature = "testing")]
#[expect(clippy::expect_used, reason = "code of tests")]
mod testing;
pub mod topology;
pub mod users;
pub mod webhooks;
