//! The HTTP side: takes uploads, answers for their status, documents itself.
//!
//! * [`listen`], [`run`]: the gateway as a service; [`router()`], [`serve`], [`check_listen`]: its
//!   parts, given what [`GatewayState`] holds.
//! * [`description`]: all of them for machines. `routes`: one file a route; `upload` is what the upload's route does with a request body.
//! * `intake`: how a document that was read goes to the broker.
//! * `idempotency`: requests that name themselves, carried out once.
//! * [`door`]: what the upload's route asks of a document, for commands without a service.
//! * `callback`: addresses that uploads bring.
//! * `register`: every document as its status moves, in memory; `wait` and `feed`, who follows one of them;
//!   `listing`, who looks for some.
//! * `retained`: what is kept of a document and shown: its status, its pages and their images.
//! * `representation`: in which form a result is answered; `json`: how a body of JSON is read.
//! * `access`: who may ask for what ([`Access`]); `caller`, who is asking, for handlers.
//! * `error`: everything a client can be told went wrong, and `problem`, the form it takes.
//! * `server`: connections: how many, how long, how slow, and which requests are read at all; TLS.
//! * `limit`: who is one client, and how often it may ask.
//! * `layer`: what every answer has: request id, log line, metrics, security headers.
//!
//! A request body is untrusted: it is counted while it arrives, recognised by its first bytes and
//! stored by its hash. Nothing of it goes to logs, errors or metric labels.

mod access;
mod callback;
mod caller;
mod conditional;
pub mod door;
mod error;
mod feed;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod idempotency;
mod intake;
mod json;
mod layer;
mod limit;
mod listing;
mod metrics;
mod openapi;
mod parameter;
mod problem;
mod quota;
mod register;
mod representation;
mod retained;
mod router;
mod routes;
mod server;
mod service;
mod state;
mod upload;
mod view;
mod wait;

pub use access::{Access, check_access};
pub use error::catalogue::{ProblemKind, problem_kinds};
pub use error::{ApiError, WebhookError};
pub use problem::Problem;
pub use router::{description, router};
pub use server::{ListenError, check_listen, serve};
pub use service::{listen, run};
pub use state::{GatewayState, Readiness};
