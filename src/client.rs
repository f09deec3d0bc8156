//! The HTTP client of the commands: uploads a file, asks for a status, has a document removed, reads any
//! other page. Blocking.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use thiserror::Error;
use ureq::http::{HeaderValue, Response, StatusCode};
use ureq::{Agent, Body, RequestBuilder};

use common::page::MediaType;

use crate::command::source::HEAD_BYTES;
use crate::exit::Exit;

/// Longest wait for a connection: the service is on this machine or near it.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Longest time for one call, a large upload over a slow line included.
const CALL_TIMEOUT: Duration = Duration::from_secs(120);

/// From this size on the service is asked before the bytes are sent, so that its refusal of a
/// document that is too large is an answer, not a broken connection.
const ASK_FIRST_BYTES: u64 = 1024 * 1024;

/// Tries of an upload while the service says that it is busy.
const MAX_TRIES: u32 = 30;

/// Pause when a busy service does not say how long.
const BUSY_PAUSE: Duration = Duration::from_secs(1);

/// Longest pause that a busy service may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Largest answer: the result of an invoice with some ten thousand lines.
const MAX_ANSWER_BYTES: u64 = 64 * 1024 * 1024;

/// What the service or the way to it does not do.
#[derive(Debug, Error)]
pub(crate) enum ClientError {
    /// Nobody answers.
    #[error(
        "cannot reach the service at {url}: {reason}; is it running? --url and --data name another one"
    )]
    Unreachable {
        /// Where it was looked for.
        url: String,
        /// The system's words.
        reason: String,
    },
    /// The file cannot be read.
    #[error("cannot read {path}: {reason}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// The service answers no.
    #[error("{}", refusal(*.status, .problem))]
    Refused {
        /// HTTP status.
        status: u16,
        /// The problem document (RFC 9457); null when there was none.
        problem: Value,
    },
    /// What answers is not this service.
    #[error("{url} does not answer as invoice-ocr does: {reason}")]
    NotTheService {
        /// Where.
        url: String,
        /// What is wrong.
        reason: String,
    },
}

impl ClientError {
    /// Whether it is for today's quota, which is back at midnight in UTC, or when an operator gives more.
    pub(crate) fn is_over_quota(&self) -> bool {
        matches!(self, Self::Refused { problem, .. } if problem.get("code").is_some_and(|code| code == "quota_exhausted"))
    }

    /// The exit code.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Unreachable { .. } | Self::NotTheService { .. } => Exit::Unavailable,
            Self::Unreadable { .. } => Exit::Failed,
            Self::Refused { status, .. } => match status {
                404 => Exit::NotFound,
                // Not the document: this client may not, or the service cannot now.
                401 | 403 | 429 | 503 => Exit::Unavailable,
                400..=499 => Exit::Failed,
                _ => Exit::Internal,
            },
        }
    }
}

/// An answer as it came, whatever its status.
#[derive(Debug)]
pub(crate) struct Page {
    /// HTTP status.
    pub(crate) status: u16,
    /// Header `Date`.
    pub(crate) date: Option<String>,
    /// Body; what is no UTF-8 is replaced.
    pub(crate) body: String,
}

/// A document that is not a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sending<'a> {
    /// Its bytes.
    pub(crate) bytes: &'a [u8],
    /// What it is.
    pub(crate) media_type: MediaType,
    /// What it is called.
    pub(crate) filename: &'a str,
    /// What the request is called in logs and events.
    pub(crate) request_id: &'a str,
}

/// A document to take in, as often as it takes.
#[derive(Clone, Debug)]
pub(crate) struct Upload<'a> {
    /// Where its bytes are.
    pub(crate) content: Content<'a>,
    /// What it is called.
    pub(crate) filename: Option<String>,
    /// Language codes as the API takes them, where not those that the service is set to.
    pub(crate) languages: Option<&'a str>,
}

/// Bytes of a document.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Content<'a> {
    /// In a file, which is not read into memory.
    File(&'a Path),
    /// At hand.
    Bytes(&'a [u8]),
}

/// What the service says of an upload.
#[derive(Debug)]
pub(crate) struct Taken {
    /// `{"id", "state", "links"}`.
    pub(crate) answer: Value,
    /// Whether it saw the document for the first time.
    pub(crate) new: bool,
}

impl Upload<'_> {
    /// Media type and size in bytes. What we do not recognise is for the service to judge.
    fn look(&self) -> Result<(&'static str, u64), ClientError> {
        let mut head = Vec::new();
        let size = match self.content {
            Content::Bytes(bytes) => {
                head.extend(bytes.iter().take(HEAD_BYTES as usize));
                bytes.len() as u64
            }
            Content::File(path) => {
                let file = File::open(path).map_err(|error| unreadable(path, &error))?;
                let size = file.metadata().map_err(|error| unreadable(path, &error))?.len();
                let read = file.take(HEAD_BYTES).read_to_end(&mut head);
                read.map_err(|error| unreadable(path, &error))?;
                size
            }
        };
        Ok((MediaType::sniff(&head).map_or("application/octet-stream", MediaType::as_str), size))
    }
}

/// A service, by its URL.
#[derive(Debug)]
pub(crate) struct Client {
    agent: Agent,
    base: String,
    /// Value of `Authorization`, where a key was given.
    credential: Option<HeaderValue>,
}

impl Client {
    /// A client of the service at `url` that shows `key`; nothing is sent yet. A key that no header can
    /// hold is none.
    pub(crate) fn new(url: &str, key: Option<String>) -> Self {
        Self::within(CALL_TIMEOUT, url, key)
    }

    /// Likewise, with another longest time for one call.
    pub(crate) fn within(patience: Duration, url: &str, key: Option<String>) -> Self {
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT_TIMEOUT.min(patience)))
            .timeout_global(Some(patience));
        if is_loopback(url) {
            // A proxy would look for the service on its own machine.
            config = config.proxy(None);
        }
        let credential = key.and_then(|key| HeaderValue::try_from(format!("Bearer {key}")).ok());
        let credential = credential.map(|mut value| {
            value.set_sensitive(true);
            value
        });
        Self {
            agent: config.build().into(),
            base: url.trim_end_matches('/').to_owned(),
            credential,
        }
    }

    /// Sends a document; waits and tries again while the service is busy, as long as `go_on` says so of the
    /// pause that the service asks for.
    ///
    /// # Errors
    /// [`ClientError`].
    pub(crate) fn upload(
        &self,
        upload: &Upload<'_>,
        go_on: impl Fn(Duration) -> bool,
    ) -> Result<Taken, ClientError> {
        let url = format!("{}/api/v1/process-invoice", self.base);
        let (media_type, size) = upload.look()?;
        for tries in 1.. {
            let mut request = self.agent.post(&url).content_type(media_type);
            if let Some(name) = &upload.filename {
                request = request.query("filename", name);
            }
            if let Some(languages) = upload.languages {
                request = request.query("languages", languages);
            }
            if size >= ASK_FIRST_BYTES {
                request = request.header("Expect", "100-continue");
            }
            let request = self.signed(request);
            let sent = match upload.content {
                Content::File(path) => {
                    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
                    request.send(file)
                }
                Content::Bytes(bytes) => request.send(bytes),
            };
            let response = sent.map_err(|error| self.unreachable(&error))?;
            let new = response.status() == StatusCode::ACCEPTED;
            let pause = busy_pause(&response);
            match (pause, self.answer(response)) {
                (Some(pause), Err(_)) if tries < MAX_TRIES && go_on(pause) => {}
                (_, answer) => return answer.map(|answer| Taken { answer, new }),
            }
        }
        Err(ClientError::NotTheService { url, reason: "no answer".to_owned() })
    }

    /// A document's status as the API gives it.
    ///
    /// # Errors
    /// [`ClientError`]; [`ClientError::Refused`] with 404 for an unknown id.
    pub(crate) fn status(&self, id: &str) -> Result<Value, ClientError> {
        let url = format!("{}/api/v1/invoices/{id}", self.base);
        let response =
            self.signed(self.agent.get(&url)).call().map_err(|error| self.unreachable(&error))?;
        self.answer(response)
    }

    /// Has a document removed.
    ///
    /// # Errors
    /// [`ClientError`]; [`ClientError::Refused`] with 404 for an unknown id.
    pub(crate) fn delete(&self, id: &str) -> Result<(), ClientError> {
        let url = format!("{}/api/v1/invoices/{id}", self.base);
        let response = self
            .signed(self.agent.delete(&url))
            .call()
            .map_err(|error| self.unreachable(&error))?;
        if response.status() == StatusCode::NO_CONTENT {
            return Ok(());
        }
        self.answer(response).map(drop)
    }

    /// Sends a document, once. Returns the answer, `{"id", "state", "links"}`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub(crate) fn send(&self, sending: Sending<'_>) -> Result<Value, ClientError> {
        let url = format!("{}/api/v1/process-invoice", self.base);
        let request = self
            .agent
            .post(&url)
            .query("filename", sending.filename)
            .header("X-Request-Id", sending.request_id)
            .content_type(sending.media_type.as_str());
        let response = self.signed(request).send(sending.bytes);
        self.answer(response.map_err(|error| self.unreachable(&error))?)
    }

    /// Any page of the service, by its path.
    ///
    /// # Errors
    /// [`ClientError::Unreachable`].
    pub(crate) fn page(&self, path: &str) -> Result<Page, ClientError> {
        let request = self.signed(self.agent.get(format!("{}{path}", self.base)));
        let mut response = request.call().map_err(|error| self.unreachable(&error))?;
        let status = response.status().as_u16();
        let date = response.headers().get("date").and_then(|value| value.to_str().ok());
        let date = date.map(str::to_owned);
        let body = response.body_mut().with_config().limit(MAX_ANSWER_BYTES).read_to_vec();
        let body = body.map_err(|error| self.unreachable(&error))?;
        Ok(Page { status, date, body: String::from_utf8_lossy(&body).into_owned() })
    }

    /// Which service it is.
    pub(crate) fn url(&self) -> &str {
        &self.base
    }

    /// Whether a key is shown.
    pub(crate) fn has_key(&self) -> bool {
        self.credential.is_some()
    }

    fn signed<B>(&self, request: RequestBuilder<B>) -> RequestBuilder<B> {
        match &self.credential {
            Some(credential) => request.header("Authorization", credential),
            None => request,
        }
    }

    fn answer(&self, mut response: Response<Body>) -> Result<Value, ClientError> {
        let status = response.status();
        let body = response.body_mut().with_config().limit(MAX_ANSWER_BYTES).read_to_vec();
        let body = body.map_err(|error| self.unreachable(&error))?;
        let json = serde_json::from_slice::<Value>(&body);
        match json {
            Ok(answer) if status.is_success() && answer.get("id").is_some() => Ok(answer),
            _ if status.is_success() => Err(ClientError::NotTheService {
                url: self.base.clone(),
                reason: format!("HTTP {status} without a document's status"),
            }),
            json => Err(ClientError::Refused {
                status: status.as_u16(),
                problem: json.unwrap_or(Value::Null),
            }),
        }
    }

    fn unreachable(&self, error: &ureq::Error) -> ClientError {
        ClientError::Unreachable { url: self.base.clone(), reason: error.to_string() }
    }
}

/// How long to wait before the next try; `None` when the service is not busy, or will be for longer than all tries
/// together would wait: a quota that is used up is back at midnight.
fn busy_pause(response: &Response<Body>) -> Option<Duration> {
    if !matches!(response.status().as_u16(), 429 | 503) {
        return None;
    }
    let header = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
    let seconds = header.and_then(|text| text.trim().parse().ok());
    let told = seconds.map_or(BUSY_PAUSE, Duration::from_secs);
    (told <= LONGEST_PAUSE * MAX_TRIES).then(|| told.min(LONGEST_PAUSE))
}

/// [`ClientError::Unreadable`] for a file and what the system says of it.
pub(crate) fn unreadable(path: &Path, error: &std::io::Error) -> ClientError {
    ClientError::Unreadable { path: path.to_owned(), reason: error.to_string() }
}

fn refusal(status: u16, problem: &Value) -> String {
    let text = |key: &str| problem.get(key).and_then(Value::as_str);
    let why = text("detail").or(text("title")).unwrap_or("no reason given");
    let next = match status {
        401 => "; --key-file or INVOICE_OCR_API_KEY shows a key",
        403 => "; `invoice-ocr keys create` makes a key with the scopes that are asked for",
        429 | 503 => "; later it may be taken",
        _ => "",
    };
    match text("code") {
        Some(code) => format!("{code}: {why}{next}"),
        None => format!("HTTP {status}: {why}{next}"),
    }
}

fn is_loopback(url: &str) -> bool {
    let host = url.parse::<ureq::http::Uri>().ok().and_then(|uri| uri.host().map(str::to_owned));
    host.is_some_and(|host| {
        let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
        host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn response(status: u16, retry_after: Option<&str>) -> Response<Body> {
        let mut response = Response::builder().status(status);
        if let Some(value) = retry_after {
            response = response.header("Retry-After", value);
        }
        response.body(Body::builder().data("")).unwrap()
    }

    #[test]
    fn a_busy_service_says_how_long_to_wait_within_reason() {
        assert_eq!(busy_pause(&response(503, Some("2"))), Some(Duration::from_secs(2)));
        assert_eq!(busy_pause(&response(503, Some("300"))), Some(LONGEST_PAUSE));
        assert_eq!(busy_pause(&response(429, Some("43200"))), None);
        assert_eq!(busy_pause(&response(503, Some("later"))), Some(BUSY_PAUSE));
        assert_eq!(busy_pause(&response(503, None)), Some(BUSY_PAUSE));
        assert_eq!(busy_pause(&response(413, Some("2"))), None);
    }

    #[test]
    fn a_refusal_shows_the_services_code_and_words() {
        let problem = json!({"code": "too_large", "title": "T", "detail": "26 MB, at most 25"});
        assert_eq!(refusal(413, &problem), "too_large: 26 MB, at most 25");
        assert_eq!(refusal(502, &Value::Null), "HTTP 502: no reason given");
    }

    #[test]
    fn only_loopback_goes_around_the_proxy() {
        for near in ["http://127.0.0.1:8080", "http://localhost", "http://[::1]:80/x"] {
            assert!(is_loopback(near), "{near}");
        }
        for far in ["http://10.0.0.1", "https://localhost.example.org", "nonsense of a url"] {
            assert!(!is_loopback(far), "{far}");
        }
    }

    #[test]
    fn who_is_at_fault_decides_the_exit_code() {
        let of = |status| ClientError::Refused { status, problem: Value::Null }.exit();
        assert_eq!(of(415), Exit::Failed);
        assert_eq!(of(404), Exit::NotFound);
        assert_eq!(of(503), Exit::Unavailable);
        assert_eq!(of(500), Exit::Internal);
    }
}
