//! Those who wait for the next change of a document.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{self, Receiver, Sender};

use common::id::DocumentId;

use super::Register;
use super::known::Entry;

/// Changes of one document that are kept for whoever takes them slowly: about as many as there are on the
/// way from upload to result. Who is slower than that misses the oldest.
const KEPT: usize = 16;

/// What happened to a document.
#[derive(Clone, Debug)]
pub(crate) enum News {
    /// Its status is another one.
    Changed(Arc<Entry>),
    /// It was erased, or has expired.
    Removed {
        /// Sequence of what took the status's place; 0 when nothing did.
        revision: u64,
    },
}

/// Who waits, by document; an entry for each document that somebody waits for.
#[derive(Debug, Default)]
pub(super) struct Waiting(Mutex<HashMap<DocumentId, Sender<News>>>);

impl Waiting {
    /// Tells those who wait for `id`.
    pub(super) fn tell(&self, id: &DocumentId, news: News) {
        if let Some(door) = self.doors().get(id)
            && door.send(news).is_err()
        {
            tracing::trace!("the last who waited went away");
        }
    }

    /// Documents that somebody waits for.
    pub(super) fn documents(&self) -> Vec<DocumentId> {
        self.doors().keys().cloned().collect()
    }

    fn enter(&self, id: &DocumentId) -> Receiver<News> {
        let mut doors = self.doors();
        let door = doors.entry(id.clone()).or_insert_with(|| broadcast::channel(KEPT).0);
        door.subscribe()
    }

    /// Called by one who is still counted among those who wait.
    fn leave(&self, id: &DocumentId) {
        let mut doors = self.doors();
        if doors.get(id).is_some_and(|door| door.receiver_count() <= 1) {
            doors.remove(id);
        }
    }

    fn doors(&self) -> MutexGuard<'_, HashMap<DocumentId, Sender<News>>> {
        // What a panic could leave half-done is an entry too many.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One who waits for changes of a document.
#[derive(Debug)]
pub(crate) struct Follower {
    register: Arc<Register>,
    id: DocumentId,
    news: Receiver<News>,
    known: u64,
}

impl Follower {
    pub(super) fn new(register: Arc<Register>, id: DocumentId) -> Self {
        // First the door, then a look at what is known: nothing that happens in between is missed.
        let news = register.waiting.enter(&id);
        let known = register.revision(&id);
        Self { register, id, news, known }
    }

    /// The document.
    pub(crate) fn id(&self) -> &DocumentId {
        &self.id
    }

    /// Revision of the status when the waiting began; 0 for a document that is not known. What the broker
    /// answers with an older one comes from a replica that is behind.
    pub(crate) fn known(&self) -> u64 {
        self.known
    }

    /// The next thing that happens to the document. May be dropped at any time without a loss.
    pub(crate) async fn next(&mut self) -> News {
        loop {
            match self.news.recv().await {
                Ok(news) => return news,
                // What was missed is older than what comes now.
                Err(RecvError::Lagged(_)) => {}
                // The door stays for as long as somebody waits at it.
                Err(RecvError::Closed) => std::future::pending().await,
            }
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.register.waiting.leave(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{change, digest, id, register};
    use super::*;

    fn attempt(news: &News) -> u32 {
        match news {
            News::Changed(entry) => entry.digest.moment.attempt,
            News::Removed { .. } => panic!("removed"),
        }
    }

    #[tokio::test]
    async fn each_who_waits_is_told_of_every_change_of_its_document_alone() {
        let register = register();
        register.apply(change(1, digest(1, "a")));
        let (mut one, mut two) = (register.follow(&id(1)), register.follow(&id(1)));
        assert_eq!(one.known(), 1);
        let mut other = register.follow(&id(2));
        assert_eq!(other.known(), 0);
        for number in 2..=4 {
            let mut later = digest(1, "a");
            later.moment.attempt = number;
            register.apply(change(number.into(), later));
        }
        for follower in [&mut one, &mut two] {
            for number in 2..=4 {
                assert_eq!(attempt(&follower.next().await), number);
            }
        }
        register.apply(change(5, digest(2, "a")));
        assert_eq!(attempt(&other.next().await), 0, "nothing of another document came before");
    }

    #[tokio::test]
    async fn who_is_too_slow_goes_on_with_what_is_kept() {
        let register = register();
        let mut slow = register.follow(&id(1));
        for number in 1..=100 {
            let mut later = digest(1, "a");
            later.moment.attempt = number;
            register.apply(change(number.into(), later));
        }
        let kept = u32::try_from(KEPT).unwrap();
        for number in (100 - kept + 1)..=100 {
            assert_eq!(attempt(&slow.next().await), number);
        }
    }

    #[test]
    fn nothing_is_kept_of_documents_that_nobody_waits_for() {
        let register = register();
        let (one, two) = (register.follow(&id(1)), register.follow(&id(1)));
        drop(one);
        assert_eq!(register.waiting.documents(), [id(1)]);
        drop(two);
        assert_eq!(register.waiting.documents(), []);
    }
}
