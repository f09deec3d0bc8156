//! What a network's probability is worth. Pure.

use crate::engine::ppocr::ctc::Trust;

/// The probability (0 to 1) that a word is right, of which the networks say `probability`.
pub(crate) fn calibrated(_trust: Trust, probability: f32) -> f32 {
    probability.clamp(0.0, 1.0)
}
