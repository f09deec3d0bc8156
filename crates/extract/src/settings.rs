//! What an operator says about the documents read here, as an argument of extraction.

use common::config::{Config, ConfigError};

use crate::own::OwnIdentity;

/// Knowledge that no document holds. The default knows nothing.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Who receives the invoices.
    pub own: OwnIdentity,
}

impl Settings {
    /// The settings of section `[extract]`.
    ///
    /// # Errors
    /// [`ConfigError`] naming the key.
    pub fn from_config(config: &Config) -> Result<Self, ConfigError> {
        Ok(Self { own: OwnIdentity::from_config(&config.extract.own)? })
    }
}
