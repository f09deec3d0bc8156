//! Where the service and its broker are: given, or noted by `serve` in its data folder.

use std::path::{Path, PathBuf};

use clap::Args;

use common::config::Config;

use super::CommandError;
use crate::client::Client;
use crate::serve::{BROKER_URL_FILE, GATEWAY_URL_FILE};

/// Where `serve` listens unless told otherwise.
const DEFAULT_GATEWAY: &str = "http://127.0.0.1:8080";

/// Where the data of `serve` is unless told otherwise.
const DEFAULT_DATA: &str = "data";

/// Longest time that somebody may want to wait, seconds: a year, which a clock can add.
pub(super) const LONGEST_TIMEOUT_SECONDS: u64 = 365 * 24 * 3600;

/// Which HTTP service to use.
#[derive(Args, Debug)]
pub(crate) struct GatewayArgs {
    /// The service [default: http://127.0.0.1:8080]
    #[arg(long, value_name = "URL", conflicts_with = "data")]
    url: Option<String>,
    /// Use the service that runs on this data folder of `serve`
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// File with the API key to show; without it, the one in INVOICE_OCR_API_KEY is shown
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

impl GatewayArgs {
    /// A client of the service, which shows the key that it was given.
    ///
    /// # Errors
    /// [`CommandError::NoEndpoint`], [`CommandError::BadKeyFile`].
    pub(crate) fn client(&self) -> Result<Client, CommandError> {
        Ok(Client::new(&self.resolve()?, self.key()?))
    }

    /// The API key, or the token, that was given.
    fn key(&self) -> Result<Option<String>, CommandError> {
        key(self.key_file.as_deref())
    }

    /// URL of the service.
    ///
    /// # Errors
    /// [`CommandError::NoEndpoint`] when the data folder names none.
    pub(crate) fn resolve(&self) -> Result<String, CommandError> {
        match (&self.url, &self.data) {
            (Some(url), _) => Ok(url.clone()),
            (None, Some(data)) => noted(data, GATEWAY_URL_FILE, "--url names a service directly."),
            (None, None) => Ok(DEFAULT_GATEWAY.to_owned()),
        }
    }
}

/// The API key, or the token, in `file`; without one, that in the environment, if there is any.
///
/// # Errors
/// [`CommandError::BadKeyFile`].
pub(crate) fn key(file: Option<&Path>) -> Result<Option<String>, CommandError> {
    let Some(path) = file else { return Ok(common::config::api_key()) };
    let bad = |reason: String| CommandError::BadKeyFile { path: path.to_owned(), reason };
    let text = std::fs::read_to_string(path).map_err(|error| bad(error.to_string()))?;
    match text.trim() {
        "" => Err(bad("there is no key in it".to_owned())),
        key => Ok(Some(key.to_owned())),
    }
}

/// URL of the gateway that runs on the data folder `data` of `serve`; where nothing is noted there and
/// nobody named the folder, that of a `serve` that was told nothing.
///
/// # Errors
/// [`CommandError::NoEndpoint`] when the folder that was named says nothing.
pub(crate) fn gateway(data: Option<&Path>) -> Result<String, CommandError> {
    const HINT: &str = "--url names a service directly.";
    match data {
        Some(data) => noted(data, GATEWAY_URL_FILE, HINT),
        None => Ok(noted(Path::new(DEFAULT_DATA), GATEWAY_URL_FILE, HINT)
            .unwrap_or_else(|_| DEFAULT_GATEWAY.to_owned())),
    }
}

/// The data folder of `serve`: `data`, or the one where it is unless told otherwise.
pub(crate) fn data_folder(data: Option<&Path>) -> &Path {
    data.unwrap_or(Path::new(DEFAULT_DATA))
}

/// URL of the broker: the configured one, else the one noted in `data`.
///
/// # Errors
/// [`CommandError::NoEndpoint`] when neither names one.
pub(crate) fn broker(config: &Config, data: Option<&Path>) -> Result<String, CommandError> {
    if !config.broker.url.is_empty() {
        return Ok(config.broker.url.clone());
    }
    noted(data_folder(data), BROKER_URL_FILE, "--data names another folder, --nats-url a broker.")
}

fn noted(data: &Path, file: &str, hint: &'static str) -> Result<String, CommandError> {
    let path = data.join(file);
    match std::fs::read_to_string(&path) {
        Ok(text) if !text.trim().is_empty() => Ok(text.trim().to_owned()),
        _ => Err(CommandError::NoEndpoint { path, hint }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configured_broker_goes_before_the_noted_one() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(BROKER_URL_FILE), "nats://noted:1\n").unwrap();
        let config = Config::defaults().unwrap();
        assert_eq!(broker(&config, Some(folder.path())).unwrap(), "nats://noted:1");
        let config = config.with("broker.url", "nats://configured:1").unwrap();
        assert_eq!(broker(&config, Some(folder.path())).unwrap(), "nats://configured:1");
    }

    #[test]
    fn a_folder_without_a_service_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let args = GatewayArgs { url: None, data: Some(folder.path().to_owned()), key_file: None };
        let error = args.resolve().unwrap_err().to_string();
        assert!(error.contains(GATEWAY_URL_FILE), "{error}");
    }
}
