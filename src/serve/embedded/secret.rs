//! Who may use the embedded broker: whoever can read the data folder, and nobody else on the machine.

use rand::TryRngCore;
use rand::rngs::OsRng;

use common::service::StartError;

/// The broker's configuration, compiled in.
const SERVER_CONF: &str = include_str!("../../../nats/server.conf");

/// The only user's name: whoever has its password owns everything, as whoever has the data folder does.
const USER: &str = "serve";

/// Random bytes of the password: nobody tries 2^256.
const PASSWORD_BYTES: usize = 32;

/// Seconds that a client has to say who it is: the server's default of two is short for a machine
/// whose cores are all recognising pages.
const AUTHORISATION_SECONDS: u32 = 10;

/// Password of the embedded broker's only user, new at each start, so that a copy of the data folder
/// opens no running broker.
pub(super) struct Secret(String);

impl Secret {
    pub(super) fn new() -> Result<Self, StartError> {
        let mut bytes = [0; PASSWORD_BYTES];
        OsRng.try_fill_bytes(&mut bytes).map_err(|error| {
            let reason = format!("no random password could be made: {error}");
            StartError::NatsServer { reason }
        })?;
        Ok(Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    /// The broker's configuration with it.
    pub(super) fn configuration(&self) -> String {
        let Self(password) = self;
        let timeout = AUTHORISATION_SECONDS;
        format!(
            "{SERVER_CONF}\nauthorization {{ user: {USER}, password: \"{password}\", timeout: {timeout} }}\n"
        )
    }

    /// `url` with user and password.
    pub(super) fn within(&self, url: &str) -> String {
        url.replacen("://", &format!("://{USER}:{}@", self.0), 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_start_has_a_password_of_its_own_in_the_configuration_and_the_url() {
        let (one, other) = (Secret::new().unwrap(), Secret::new().unwrap());
        assert_ne!(one.0, other.0);
        assert_eq!(one.0.len(), 2 * PASSWORD_BYTES);
        assert!(one.configuration().contains(&one.0));
        let url = one.within("nats://127.0.0.1:4222");
        assert_eq!(url, format!("nats://serve:{}@127.0.0.1:4222", one.0));
        assert_eq!(common::config::without_credentials(&url), "nats://127.0.0.1:4222");
    }
}
