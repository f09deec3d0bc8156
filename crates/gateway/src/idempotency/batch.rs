//! A batch that names itself: what it asks for is known only when all of it has come.

use common::id::ContentHash;
use common::idempotency::{Fingerprint, Fingerprinter, IdempotencyKey, Told};

use super::{Claim, Held, claim};
use crate::caller::Caller;
use crate::error::ApiError;
use crate::state::App;
use crate::upload::Part;

/// What tells a batch from other requests under the same key.
const OPERATION: &str = "process-invoices";

/// A batch on its way.
pub(crate) struct Run {
    /// What has come of a named one so far.
    asked: Option<Fingerprinter>,
    turn: Turn,
}

/// What is done with the documents of a batch.
enum Turn {
    /// Taken; nobody asks again.
    Unnamed,
    /// Taken; whoever asks again is told what became of them.
    First(Box<Held>),
    /// Nothing, if they are those that were taken.
    Again { request: Option<Fingerprint>, told: Vec<Told> },
}

impl Run {
    /// Begins a batch with this choice of languages.
    ///
    /// # Errors
    /// As [`claim`].
    pub(crate) async fn begin(
        app: &App,
        caller: &Caller,
        key: Option<&IdempotencyKey>,
        languages: &[String],
    ) -> Result<Self, ApiError> {
        let Some(key) = key else { return Ok(Self { asked: None, turn: Turn::Unnamed }) };
        let mut asked = key.fingerprint(&caller.tenant);
        asked.add(OPERATION.as_bytes());
        asked.add(languages.join("+").as_bytes());
        let turn = match claim(app, caller, key, None, None).await? {
            Claim::Mine(held) => Turn::First(held),
            Claim::Answered { request, told } => Turn::Again { request, told },
        };
        Ok(Self { asked: Some(asked), turn })
    }

    /// Whether the batch was answered before.
    pub(crate) fn repeats(&self) -> bool {
        matches!(self.turn, Turn::Again { .. })
    }

    /// Takes note of the next document. One that is refused counts by its reason.
    pub(crate) async fn saw(&mut self, part: &Part) {
        if let Some(asked) = &mut self.asked {
            asked.add(part.filename.as_deref().unwrap_or_default().as_bytes());
            match &part.document {
                Ok(document) => asked.add(ContentHash::of(&document.bytes).as_str().as_bytes()),
                Err(refused) => asked.add(refused.code().as_bytes()),
            }
        }
        if let Turn::First(held) = &mut self.turn {
            held.renew_if_due().await;
        }
    }

    /// What was said of document number `index` when it came first; `None` where it is to be taken.
    ///
    /// # Errors
    /// [`ApiError::IdempotencyKeyReused`] when it was not there, or was refused.
    pub(crate) fn earlier(&self, index: usize) -> Option<Result<Told, ApiError>> {
        let Turn::Again { told, .. } = &self.turn else { return None };
        let told = told.get(index).copied().filter(|told| told.state.is_some());
        Some(told.ok_or(ApiError::IdempotencyKeyReused))
    }

    /// All of it has come. Whether it was answered before.
    ///
    /// # Errors
    /// [`ApiError::IdempotencyKeyReused`] for another batch than the one that was answered.
    pub(crate) async fn finish(self, told: &[Told]) -> Result<bool, ApiError> {
        let asked = self.asked.map(|asked| asked.finish());
        match (self.turn, asked) {
            (Turn::First(held), Some(asked)) => {
                held.conclude(asked, Ok(told.to_vec())).await;
                Ok(false)
            }
            (Turn::Again { request, told: earlier }, asked) => {
                let same = asked.is_some() && request == asked && earlier.len() == told.len();
                if same { Ok(true) } else { Err(ApiError::IdempotencyKeyReused) }
            }
            (Turn::Unnamed | Turn::First(_), _) => Ok(false),
        }
    }

    /// Not all of it came, or was taken: whoever asks again begins anew. The error, as it was.
    pub(crate) async fn stopped(self, error: ApiError) -> ApiError {
        if let (Turn::First(held), Some(asked)) = (self.turn, self.asked) {
            held.conclude(asked.finish(), Err(&error)).await;
        }
        error
    }
}
