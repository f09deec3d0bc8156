//! What a value means for an installation, and what to do about it: pure, one file a subject.

pub(super) mod certificate;
pub(super) mod clock;
pub(super) mod disk;
pub(super) mod gateway;
pub(super) mod rights;
pub(super) mod sample;
pub(super) mod sandbox;
pub(super) mod server;
pub(super) mod stage;
pub(super) mod streams;
pub(super) mod topology;
pub(super) mod trail;
