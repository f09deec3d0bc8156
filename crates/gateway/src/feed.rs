//! The events of one document, as one client is told them.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::response::sse::Event;
use futures_util::{Stream, stream};
use serde::Serialize;
use tokio::time::{Interval, interval};

use common::id::DocumentId;
use common::jetstream::statuses::Revised;
use common::status::State;

use crate::access;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::limit::Place;
use crate::register::{Follower, News};
use crate::retained;
use crate::state::App;
use crate::view::{self, Invoice};
use crate::wait::LOOK_EVERY;

/// How long a client waits before it comes back for more, when its stream was cut: the seconds that a
/// restart takes.
const RETRY: Duration = Duration::from_secs(3);

/// Data of the event for a document that is there no longer.
#[derive(Serialize)]
struct Gone<'a> {
    id: &'a DocumentId,
}

/// What a client is told of a document until it has ended.
pub(crate) struct Feed {
    app: Arc<App>,
    caller: Caller,
    /// By which the client showed who it is.
    credentials: HeaderMap,
    follower: Follower,
    looks: Interval,
    /// Revision of the status that the client has, and its tag.
    sent: u64,
    tag: String,
    stage: Stage,
    /// Given back when the stream ends.
    _place: Place,
}

/// How far a stream is.
enum Stage {
    /// Nothing is said; this is to be said first, unless the client has it.
    Beginning(Option<Box<Revised>>),
    /// Each change is told.
    Following,
    /// All is said.
    Ended,
}

impl Feed {
    /// Of a document whose status is `read`; `known` when the client has that one already.
    pub(crate) fn new(
        app: Arc<App>,
        caller: Caller,
        headers: &HeaderMap,
        (follower, place): (Follower, Place),
        read: Revised,
        known: bool,
    ) -> Self {
        let (sent, tag) = match known {
            true => (read.revision, view::tag(&read.record.moment())),
            false => (0, String::new()),
        };
        Self {
            app,
            caller,
            credentials: access::credentials(headers),
            follower,
            looks: interval(LOOK_EVERY),
            sent,
            tag,
            stage: Stage::Beginning((!known).then(|| Box::new(read))),
            _place: place,
        }
    }

    /// The events, to the end.
    pub(crate) fn events(self) -> impl Stream<Item = Result<Event, Infallible>> + Send + 'static {
        stream::unfold(Box::new(self), |mut feed| async move {
            let event = feed.next().await?;
            Some((Ok(event), feed))
        })
    }

    async fn next(&mut self) -> Option<Event> {
        match std::mem::replace(&mut self.stage, Stage::Following) {
            Stage::Ended => {
                self.stage = Stage::Ended;
                return None;
            }
            Stage::Beginning(None) => return Some(Event::default().retry(RETRY)),
            Stage::Beginning(Some(read)) => {
                return Some(self.status(*read)?.retry(RETRY));
            }
            Stage::Following => {}
        }
        loop {
            let least = tokio::select! {
                news = self.follower.next() => match news {
                    News::Changed(entry) if entry.revision <= self.sent => continue,
                    News::Changed(entry) if !entry.digest.moment.state.is_terminal() => {
                        self.sent = entry.revision;
                        let tag = view::tag(&entry.digest.moment);
                        // What clients cannot see may change too.
                        if tag == self.tag {
                            continue;
                        }
                        self.still_reads().await?;
                        self.tag = tag;
                        return event("status", &self.tag, &Invoice::from(&entry.digest));
                    }
                    News::Changed(entry) => entry.revision,
                    News::Removed { revision } => revision.max(self.sent),
                },
                _ = self.looks.tick() => {
                    if self.app.register.is_current() {
                        continue;
                    }
                    self.sent
                }
                // The client comes back, to another process or to this one when it is there again.
                () = self.app.register.stop().cancelled() => return None,
            };
            match self.look(least).await {
                Ok(Some(read)) if read.revision <= self.sent => {}
                Ok(Some(read)) if view::tag(&read.record.moment()) == self.tag => {
                    self.sent = read.revision;
                }
                Ok(Some(read)) => return self.told(read).await,
                Ok(None) => {
                    self.stage = Stage::Ended;
                    let gone = Gone { id: self.follower.id() };
                    return event("deleted", "deleted", &gone);
                }
                // The broker is away, and may be for a while.
                Err(error) if least == self.sent => {
                    tracing::trace!(%error, "an event stream goes on waiting");
                }
                // There is something to tell and nobody to ask: the client comes back for it.
                Err(_) => return None,
            }
        }
    }

    async fn look(&self, least: u64) -> Result<Option<Revised>, ApiError> {
        retained::find(&self.app, &self.caller, self.follower.id(), least).await
    }

    async fn told(&mut self, read: Revised) -> Option<Event> {
        self.still_reads().await?;
        self.status(read)
    }

    /// What is said of a status, whole when the document has ended.
    fn status(&mut self, read: Revised) -> Option<Event> {
        let Revised { record, revision } = read;
        self.sent = revision;
        let name = match record.state {
            State::Queued | State::Processing => "status",
            State::Completed => "completed",
            State::Failed => "failed",
        };
        if record.state.is_terminal() {
            self.stage = Stage::Ended;
        }
        if record.result.is_some() {
            retained::handed_out(&self.app, &self.caller, &record.id);
        }
        self.tag = view::tag(&record.moment());
        event(name, &self.tag, &Invoice::of(record).ok()?)
    }

    /// Whether the client may still be told: a key may be revoked while its streams are open.
    async fn still_reads(&self) -> Option<()> {
        let Self { app, caller, credentials, .. } = self;
        app.access.still_reads(credentials, &caller.tenant).await.ok()
    }
}

fn event(name: &str, id: &str, data: &impl Serialize) -> Option<Event> {
    // What is shown of a document has a JSON form, always.
    Event::default().event(name).id(id).json_data(data).ok()
}
