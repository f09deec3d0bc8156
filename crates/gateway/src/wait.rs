//! A status that is answered when there is something new to say.

use std::time::Duration;

use axum::http::HeaderMap;
use tokio::time::{Instant, interval, sleep_until};

use common::id::DocumentId;
use common::jetstream::statuses::Revised;
use common::status::Moment;

use crate::caller::Caller;
use crate::conditional::ETag;
use crate::error::ApiError;
use crate::limit::Client;
use crate::register::News;
use crate::retained;
use crate::state::App;
use crate::view;

/// How often the broker is asked for a status while nobody is told of changes, because the register is not
/// up to date: rarely enough that thousands who wait do not hold up a broker that has just come back.
pub(crate) const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Somebody who would rather wait than be told what they know.
pub(crate) struct Waiter<'a> {
    pub(crate) app: &'a App,
    pub(crate) caller: &'a Caller,
    pub(crate) client: &'a Client,
    /// With what the client has (`If-None-Match`), and who it is.
    pub(crate) headers: &'a HeaderMap,
}

impl Waiter<'_> {
    /// The status, as soon as it differs from what the client has, or, if it has nothing, as soon as the
    /// document has ended; as it is when `patience` is over or the service stops. And how long that was.
    ///
    /// # Errors
    /// [`ApiError`]; [`ApiError::NotFound`] also when the document is removed meanwhile.
    pub(crate) async fn news(
        &self,
        id: &DocumentId,
        patience: Duration,
    ) -> Result<(Revised, Duration), ApiError> {
        let began = Instant::now();
        let Self { app, caller, client, headers } = *self;
        let mut follower = app.register.follow(id);
        let mut read = retained::revised(app, caller, id, follower.known()).await?;
        if patience.is_zero() || self.is_news(&read.record.moment()) {
            return Ok((read, Duration::ZERO));
        }
        let place = app.followers.take(client)?;
        let (deadline, mut looks) = (began + patience, interval(LOOK_EVERY));
        let mut least = read.revision;
        loop {
            let look = tokio::select! {
                news = follower.next() => match news {
                    News::Changed(entry) => {
                        least = least.max(entry.revision);
                        self.is_news(&entry.digest.moment)
                    }
                    News::Removed { revision } => {
                        least = least.max(revision);
                        true
                    }
                },
                _ = looks.tick() => !app.register.is_current(),
                () = sleep_until(deadline) => break,
                () = app.register.stop().cancelled() => break,
            };
            if !look {
                continue;
            }
            match retained::find(app, caller, id, least).await {
                Ok(Some(now)) if !self.is_news(&now.record.moment()) => {}
                // The answer is read below.
                Ok(_) => break,
                // While the register is behind, the broker may be away for a while.
                Err(error) => tracing::trace!(%error, "one who waits goes on waiting"),
            }
        }
        drop(place);
        // Who waited may have been let in with a key that was revoked meanwhile.
        app.access.still_reads(headers, &caller.tenant).await?;
        read = retained::revised(app, caller, id, least).await?;
        Ok((read, began.elapsed()))
    }

    fn is_news(&self, moment: &Moment) -> bool {
        match self.headers.contains_key(axum::http::header::IF_NONE_MATCH) {
            true => !ETag::new(&view::tag(moment)).is_known_to(self.headers),
            false => moment.state.is_terminal(),
        }
    }
}
