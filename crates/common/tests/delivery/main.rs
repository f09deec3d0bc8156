//! The delivery core against a real broker: what it promises, and each trap of JetStream and its
//! client that would break a promise.

mod dead_letters;
mod objects;
mod publish;
mod runner;
mod support;
mod sweeper;
mod topology;
