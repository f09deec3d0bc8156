//! What a caller may do: a closed set of scopes.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// One thing that a caller may do. Written `<what>:<how>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// Ask for status, result, pages and images of the tenant's documents.
    DocumentsRead,
    /// Upload documents.
    DocumentsWrite,
    /// Put results of the tenant's documents right.
    DocumentsCorrect,
    /// Erase documents of the tenant.
    DocumentsDelete,
    /// Make, change and remove webhooks of the tenant, and see what was sent to them.
    WebhooksManage,
    /// Read metrics, which are about all tenants together.
    OperationsRead,
}

/// No scope of this build.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("a scope is one of {}", Scope::ALL.map(Scope::as_str).join(", "))]
pub struct UnknownScope;

impl Scope {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::DocumentsRead,
        Self::DocumentsWrite,
        Self::DocumentsCorrect,
        Self::DocumentsDelete,
        Self::WebhooksManage,
        Self::OperationsRead,
    ];

    /// As it is written in records, tokens and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DocumentsRead => "documents:read",
            Self::DocumentsWrite => "documents:write",
            Self::DocumentsCorrect => "documents:correct",
            Self::DocumentsDelete => "documents:delete",
            Self::WebhooksManage => "webhooks:manage",
            Self::OperationsRead => "operations:read",
        }
    }
}

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text).ok_or(UnknownScope)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What one caller may do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    /// Everything.
    #[must_use]
    pub fn all() -> Self {
        Scope::ALL.into_iter().collect()
    }

    /// Those of `names` that this build knows. A name that it does not know grants nothing, so a
    /// newer build may have more of them.
    pub fn known<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        names.into_iter().filter_map(|name| name.parse().ok()).collect()
    }

    /// Whether `scope` is among them.
    #[must_use]
    pub fn contains(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    /// All of them, in a stable order.
    pub fn iter(&self) -> impl Iterator<Item = Scope> + '_ {
        self.0.iter().copied()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().collect())
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iter().map(Scope::as_str).collect::<Vec<_>>().join(" "))
    }
}

impl Serialize for Scopes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Scope::as_str))
    }
}

impl<'de> Deserialize<'de> for Scopes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        Ok(Self::known(names.iter().map(String::as_str)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_read_as_it_is_written() {
        for scope in Scope::ALL {
            assert_eq!(scope.to_string().parse(), Ok(scope));
        }
        for bad in ["", "documents", "documents:*", "DOCUMENTS:READ", "documents:read "] {
            assert_eq!(bad.parse::<Scope>(), Err(UnknownScope), "{bad}");
        }
    }

    #[test]
    fn an_unknown_scope_grants_nothing() {
        let scopes = Scopes::known(["documents:read", "everything", "*", "documents"]);
        assert_eq!(scopes.iter().collect::<Vec<_>>(), [Scope::DocumentsRead]);
        let read: Scopes = serde_json::from_str(r#"["documents:write", "later:more"]"#).unwrap();
        assert_eq!(read.to_string(), "documents:write");
        assert!(!read.contains(Scope::DocumentsRead));
    }
}
