//! The users as the broker's configuration has them.

use std::collections::BTreeSet;

use super::{Rights, Role, User, rights};
use crate::config::Config;
use crate::jetstream::topology::{self, TopologyError};

/// Memory for streams and consumers of the account, as the whole server has.
const MEMORY: &str = "64MB";

/// Consumers of the account: three of the stages, two of webhooks, one for each subscriber, and those of who follows
/// events or statuses, with room for many of each.
const CONSUMERS: u32 = 1000;

/// Seconds that a client has to say who it is.
const AUTHORISATION_SECONDS: u32 = 10;

/// How long a question may be answered: longer than the longest removal.
const ANSWER_WITHIN: &str = "1m";

/// Text of the file that the broker's configuration includes: accounts, and who is in them.
///
/// # Errors
/// [`TopologyError::BadFile`]: never in a released build, a test reads the files.
pub fn configuration(users: &[User], config: &Config) -> Result<String, TopologyError> {
    let streams = topology::streams()?.len();
    let bytes = topology::reserved_bytes(config)?;
    let mut members = String::new();
    let mut system = String::new();
    for user in users {
        let rights = rights(&user.role)?;
        for key in &user.keys {
            let note = if key.previous { " (its previous key)" } else { "" };
            let public = &key.public;
            if user.role == Role::System {
                let entry = format!("    # {}{note}\n    {{ nkey: {public} }}\n", user.role);
                system.push_str(&entry);
            } else {
                members.push_str(&format!("      # {}{note}\n", user.role));
                members.push_str(&member(public, &rights));
            }
        }
    }
    Ok(format!(
        "# Users of the invoice reader and what each may do. Made by `invoice-ocr topology users`: run it again\n\
         # rather than change it. Included by server.conf; holds no secret.\n\
         \n\
         # The default of two seconds is short for clients whose cores are all recognising pages.\n\
         authorization {{ timeout: {AUTHORISATION_SECONDS} }}\n\
         accounts {{\n  \
           INVOICE {{\n    \
             # As much as the topology reserves, copies included, and nothing beside it.\n    \
             jetstream {{ max_file: {bytes}, max_mem: {MEMORY}, max_streams: {streams}, \
             max_consumers: {CONSUMERS} }}\n    \
             users: [\n{members}    ]\n  \
           }}\n  \
           # Connections, accounts and health of the broker itself; no message of the account above.\n  \
           SYS {{ users: [\n{system}  ] }}\n\
         }}\n\
         system_account: SYS\n"
    ))
}

fn member(public: &str, rights: &Rights) -> String {
    let Rights { publish, subscribe, answers } = rights;
    let responses = match answers {
        true => format!("        allow_responses: {{ max: 1, expires: \"{ANSWER_WITHIN}\" }}\n"),
        false => String::new(),
    };
    format!(
        "      {{ nkey: {public}, permissions: {{\n        publish: {{ allow: [\n{}        ] }}\n        \
         subscribe: {{ allow: [\n{}        ] }}\n{responses}      }} }}\n",
        lines(publish),
        lines(subscribe)
    )
}

fn lines(subjects: &BTreeSet<String>) -> String {
    subjects.iter().map(|subject| format!("          \"{subject}\"\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jetstream::users::Key;

    #[test]
    fn every_user_is_written_with_both_its_keys_and_without_a_seed() {
        let key = |public: &str, previous| Key { public: public.to_owned(), previous };
        let users: Vec<User> = Role::own()
            .map(|role| {
                let keys =
                    vec![key(&format!("U{role}NOW"), false), key(&format!("U{role}THEN"), true)];
                User { role, keys, made: false }
            })
            .collect();
        let text = configuration(&users, &Config::defaults().unwrap()).unwrap();
        for role in Role::own() {
            assert!(text.contains(&format!("nkey: U{role}NOW")), "{text}");
            assert!(text.contains(&format!("nkey: U{role}THEN")), "{text}");
        }
        assert_eq!(text.matches('{').count(), text.matches('}').count());
        assert_eq!(text.matches("allow_responses").count(), 2, "the gateway's two keys");
    }

    #[test]
    fn the_account_has_what_the_topology_reserves() {
        let config = Config::defaults().unwrap();
        let alone = topology::reserved_bytes(&config).unwrap();
        let three = config.with("broker.replicas", 3).unwrap();
        assert_eq!(topology::reserved_bytes(&three).unwrap(), 3 * alone);
        assert!(alone > 16 << 30, "{alone}");
    }
}
