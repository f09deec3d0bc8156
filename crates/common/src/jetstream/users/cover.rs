//! Whether what a user may do at the broker is enough for its role: pure.

use super::{Role, rights};
use crate::jetstream::survey::{Permission, User};
use crate::jetstream::topology::TopologyError;

/// What `role` has to be allowed and `user` is not, as "publish to SUBJECT" and "listen on SUBJECT".
///
/// # Errors
/// [`TopologyError::BadFile`]: never in a released build, a test reads the files.
pub fn missing(role: &Role, user: &User) -> Result<Vec<String>, TopologyError> {
    let needed = rights(role)?;
    let lacks = |permission: &Permission, subject: &str| !allows(permission, subject);
    let publish = needed.publish.iter().filter(|subject| lacks(&user.publish, subject));
    let subscribe = needed.subscribe.iter().filter(|subject| lacks(&user.subscribe, subject));
    let publish = publish.map(|subject| format!("publish to {subject}"));
    Ok(publish.chain(subscribe.map(|subject| format!("listen on {subject}"))).collect())
}

fn allows(permission: &Permission, needed: &str) -> bool {
    let Permission { allow, deny } = permission;
    let allowed = allow.is_empty() || allow.iter().any(|subject| covers(subject, needed));
    allowed && !deny.iter().any(|subject| overlaps(subject, needed))
}

/// Whether every subject that fits `needed` fits `wide`; both may have wildcards.
fn covers(wide: &str, needed: &str) -> bool {
    let (mut wide, mut needed) = (wide.split('.'), needed.split('.'));
    loop {
        match (wide.next(), needed.next()) {
            (None, None) | (Some(">"), Some(_)) => return true,
            (Some("*"), Some(token)) if token != ">" => {}
            (Some(one), Some(other)) if one == other => {}
            _ => return false,
        }
    }
}

/// Whether some subject fits both.
fn overlaps(one: &str, other: &str) -> bool {
    let (mut one, mut other) = (one.split('.'), other.split('.'));
    loop {
        match (one.next(), other.next()) {
            (None, None) | (Some(">"), Some(_)) | (Some(_), Some(">")) => return true,
            (Some("*"), Some(_)) | (Some(_), Some("*")) => {}
            (Some(a), Some(b)) if a == b => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(publish: Permission, subscribe: Permission) -> User {
        User { name: "u".to_owned(), account: "a".to_owned(), publish, subscribe }
    }

    /// A user with just the rights of its role.
    fn made_for(role: &Role) -> User {
        let rights = rights(role).unwrap();
        let allow = |subjects: &std::collections::BTreeSet<String>| Permission {
            allow: subjects.iter().cloned().collect(),
            deny: Vec::new(),
        };
        user(allow(&rights.publish), allow(&rights.subscribe))
    }

    #[test]
    fn a_user_made_for_its_role_lacks_nothing_and_one_for_another_says_what() {
        for role in Role::own() {
            assert_eq!(missing(&role, &made_for(&role)).unwrap(), Vec::<String>::new(), "{role}");
        }
        let lacked = missing(&Role::Operator, &made_for(&Role::Gateway)).unwrap();
        assert!(lacked.contains(&"publish to $JS.API.STREAM.CREATE.INVOICE_OCR".to_owned()));
        assert!(lacked.contains(&"listen on _INBOX_operator.>".to_owned()), "{lacked:?}");
    }

    #[test]
    fn a_user_without_permissions_lacks_nothing_until_something_is_denied() {
        let everything = user(Permission::default(), Permission::default());
        assert_eq!(missing(&Role::Operator, &everything).unwrap(), Vec::<String>::new());
        let deny = vec!["$JS.API.STREAM.CREATE.*".to_owned()];
        let denied = user(Permission { allow: Vec::new(), deny }, Permission::default());
        let lacked = missing(&Role::Operator, &denied).unwrap();
        assert!(lacked.iter().all(|what| what.contains("STREAM.CREATE")) && !lacked.is_empty());
    }

    #[test]
    fn wildcards_cover_what_the_broker_takes_them_to() {
        for (wide, needed) in [("a.>", "a.b.c"), ("a.*", "a.b"), ("a.*", "a.*"), (">", "a.>")] {
            assert!(covers(wide, needed), "{wide} {needed}");
        }
        for (wide, needed) in [("a.b", "a.*"), ("a.*", "a.>"), ("a.>", "a"), ("a.*", "a.b.c")] {
            assert!(!covers(wide, needed), "{wide} {needed}");
        }
        assert!(overlaps("a.*", "a.b") && overlaps("a.b.>", "a.>") && overlaps("*.b", "a.*"));
        assert!(!overlaps("a.b", "a.c") && !overlaps("a.*", "a.b.c"));
    }
}
