//! Calls to servers that clients name: where they may go.
//!
//! Whoever may name an address that this service then connects to could reach what only this
//! service can: its neighbours, its own ports, the metadata of a cloud. [`address`] says which
//! addresses are everybody's, [`target`] holds a URL against that, and [`call`] calls it.

pub mod address;
pub mod call;
pub mod target;
