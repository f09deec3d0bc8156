//! The message that stands for a delivery that is not over. Which delivery, its subject says.

use serde::{Deserialize, Serialize};

/// Version of [`CallbackJob`]'s JSON form. New optional fields keep it.
pub const CALLBACK_VERSION: u16 = 1;

/// A turn of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallbackJob {
    /// Always [`CALLBACK_VERSION`].
    pub version: u16,
    /// Which round of the delivery: 1, and one more each time somebody wants it sent again.
    pub round: u32,
}
