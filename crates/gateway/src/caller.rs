//! Who is asking, and whether they may.

use std::marker::PhantomData;
use std::net::IpAddr;
use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use jiff::Timestamp;

use common::audit::{AUDIT_VERSION, Action, Actor, AuditRecord, Object, Outcome};
use common::correction::Author;
use common::id::{DocumentId, Tenant};
use common::key::Scope;
use common::quota::Allowance;
use common::webhook::EndpointId;

use crate::access::Holder;
use crate::error::ApiError;
use crate::layer::correlation::CorrelationId;
use crate::layer::identity::{ClientAddress, Shown};
use crate::limit::Client;
use crate::quota;
use crate::state::App;

/// The client behind a request.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// Whose documents the client may see.
    pub(crate) tenant: Tenant,
    /// What it is counted against; `None` where it may have read as much as it likes.
    pub(crate) allowance: Option<Allowance>,
    actor: Actor,
    /// What the operator calls the API key.
    key_name: Option<String>,
    request_id: Option<String>,
    peer: Option<IpAddr>,
}

impl Caller {
    /// What the audit trail is told of something that this client did to `document`, just now.
    pub(crate) fn did(
        &self,
        action: Action,
        document: &DocumentId,
        outcome: Outcome,
    ) -> AuditRecord {
        self.told(action, Object::Document(document.clone()), outcome)
    }

    /// What the audit trail is told of a list of so many documents that this client got, just now.
    pub(crate) fn listed(&self, documents: usize) -> AuditRecord {
        self.told(Action::Listed, Object::Documents(documents as u64), Outcome::Done)
    }

    /// Who stands in a history as having put something right.
    pub(crate) fn author(&self) -> Author {
        Author { actor: self.actor.clone(), name: self.key_name.clone() }
    }

    /// What the audit trail is told of something that this client did to `webhook`, just now.
    pub(crate) fn did_to_webhook(
        &self,
        action: Action,
        webhook: &EndpointId,
        outcome: Outcome,
    ) -> AuditRecord {
        self.told(action, Object::Webhook(webhook.clone()), outcome)
    }

    fn told(&self, action: Action, object: Object, outcome: Outcome) -> AuditRecord {
        AuditRecord {
            version: AUDIT_VERSION,
            time: Timestamp::now(),
            actor: self.actor.clone(),
            tenant: Some(self.tenant.clone()),
            action,
            object,
            outcome,
            request_id: self.request_id.clone(),
            peer: self.peer,
        }
    }
}

/// A scope, as a type: what a handler asks for stands in its signature.
pub(crate) trait Permission {
    /// Which scope.
    const SCOPE: Scope;
}

macro_rules! permissions {
    ($($name:ident)+) => {
        $(
            #[derive(Debug)]
            pub(crate) enum $name {}

            impl Permission for $name {
                const SCOPE: Scope = Scope::$name;
            }
        )+
    };
}

permissions! { DocumentsRead DocumentsWrite DocumentsCorrect DocumentsDelete WebhooksManage OperationsRead }

/// A client who may do what `P` says. Every handler that touches documents takes one, so that none can
/// forget to look.
#[derive(Debug)]
pub(crate) struct May<P>(pub(crate) Caller, PhantomData<P>);

impl<P> Deref for May<P> {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.0
    }
}

impl<P: Permission> FromRequestParts<Arc<App>> for May<P> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        // Without the layer that looks at credentials, nobody has shown any.
        let shown = parts.extensions.get::<Shown>().map(|Shown(shown)| shown.clone());
        let shown = shown.unwrap_or(Err(ApiError::CredentialsMissing));
        let Holder { tenant, scopes, actor, key_name, quota: own } =
            shown.inspect_err(|error| app.access.turned_away(error))?;
        if !scopes.contains(P::SCOPE) {
            return Err(ApiError::ScopeMissing { scope: P::SCOPE });
        }
        let request_id = parts.extensions.get::<CorrelationId>().map(|id| id.0.clone());
        let peer = parts.extensions.get::<ClientAddress>().map(|ClientAddress(address)| *address);
        let client = parts.extensions.get::<Client>();
        let allowance =
            client.and_then(|client| quota::allowance(&app.config.gateway, client, own));
        let caller = Caller { tenant, allowance, actor, key_name, request_id, peer };
        Ok(Self(caller, PhantomData))
    }
}
