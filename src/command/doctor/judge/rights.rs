//! Whether this user at the broker may do what an operator must, and whether the broker asks at all.

use common::jetstream::survey::{Permission, User};

use super::super::check::Judgement;

/// Rights that are named before the rest is counted.
const NAMED: usize = 3;

/// Judges the user that the broker takes this connection for, with what an operator needs and it lacks.
/// `asks`: whether the broker wants to know who somebody is.
pub(in super::super) fn judge(user: &User, lacked: &[String], asks: bool) -> Judgement {
    if !asks {
        return Judgement::warning(
            "the broker asks nobody who they are",
            "whoever reaches it reads every document: give it users (docs/broker.md)",
        );
    }
    if !lacked.is_empty() {
        let named = lacked.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        let more = match lacked.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        return Judgement::failed(
            format!("it may not {named}{more}"),
            "run `invoice-ocr topology users` with this version again, and have the broker read the \
             file (docs/broker.md)",
        );
    }
    let free = |permission: &Permission| permission.allow.is_empty();
    match free(&user.publish) && free(&user.subscribe) {
        true => Judgement::ok(format!("it may do everything in the account {}", user.account)),
        false => Judgement::ok("it may do what an operator does"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::doctor::check::Verdict;

    fn user(allow: &[&str]) -> User {
        let allow = allow.iter().map(|subject| (*subject).to_owned()).collect();
        User {
            name: "U".to_owned(),
            account: "INVOICE".to_owned(),
            publish: Permission { allow, deny: Vec::new() },
            subscribe: Permission::default(),
        }
    }

    #[test]
    fn a_broker_that_asks_nobody_is_a_warning() {
        assert_eq!(judge(&user(&[]), &[], false).verdict, Verdict::Warning);
        assert_eq!(judge(&user(&[]), &[], true).verdict, Verdict::Ok);
    }

    #[test]
    fn what_a_user_lacks_is_named_up_to_a_few() {
        assert_eq!(judge(&user(&["a"]), &[], true).verdict, Verdict::Ok);
        let lacked: Vec<String> = (0..5).map(|n| format!("publish to {n}")).collect();
        let judged = judge(&user(&["a"]), &lacked, true);
        assert_eq!(judged.verdict, Verdict::Failed);
        assert!(judged.found.ends_with("publish to 2 and 2 more"), "{}", judged.found);
    }
}
