//! Just enough of Rust's syntax to hold the rules against: lines of code, log calls, error codes.

/// Lines that are not comments, with their numbers from 1.
pub(crate) fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    numbered.filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// The product's part of a file: everything before its inline tests.
fn without_tests(text: &str) -> &str {
    text.split_once("#[cfg(test)]\nmod tests {").map_or(text, |(product, _)| product)
}

/// Whether `line` uses crate or module `name` in a path: `name::`, not `other_name::`.
pub(crate) fn names_path(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(start, _)| {
        let (before, after) = (&line[..start], &line[start + name.len()..]);
        let inside = |c: char| c.is_alphanumeric() || c == '_';
        !before.ends_with(inside) && (after.starts_with("::") || after.starts_with(" as "))
    })
}

/// Messages of the log calls in `text`, with the line on which each call begins.
pub(crate) fn log_messages(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for level in ["trace", "debug", "info", "warn", "error"] {
        let call = format!("tracing::{level}!(");
        for (start, _) in text.match_indices(&call) {
            let line = text[..start].matches('\n').count() + 1;
            if let Some(message) = message_of(&text[start + call.len()..]) {
                found.push((line, message));
            }
        }
    }
    found
}

/// The literal among a log call's arguments that is neither a field's name nor a field's value.
fn message_of(arguments: &str) -> Option<String> {
    let (mut depth, mut before) = (0_u32, String::new());
    let mut rest = arguments.char_indices();
    while let Some((at, c)) = rest.next() {
        match c {
            '"' => {
                let literal = literal_of(&arguments[at + 1..]);
                let end = at + 1 + literal.len();
                let is_value = before.trim_end().ends_with('=');
                let is_name = arguments[end + 1..].trim_start().starts_with('=');
                if depth == 0 && !is_value && !is_name {
                    return Some(literal.to_owned());
                }
                while rest.next().is_some_and(|(index, _)| index < end) {}
            }
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth == 0 => return None,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        before.push(c);
    }
    None
}

/// `text` up to the quote that ends it.
fn literal_of(text: &str) -> &str {
    let mut escaped = false;
    let end = text.find(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    &text[..end.unwrap_or(text.len())]
}

/// Error codes that `text` makes: the literals after `rejected(` and its like, after a kind in a
/// classification, on the right of a match, and after an HTTP status.
pub(crate) fn error_codes(text: &str) -> Vec<String> {
    const BEFORE: [&str; 6] =
        ["rejected(", "transient(", "internal(", "Rejected,", "Internal,", "=>"];
    let dense: String = without_tests(text).split_whitespace().collect();
    let mut codes = Vec::new();
    for (at, _) in dense.match_indices('"') {
        let (before, code) = (&dense[..at], literal_of(&dense[at + 1..]));
        let status = before.rsplit(':').next().is_some_and(is_status);
        if is_code(code) && (status || BEFORE.iter().any(|start| before.ends_with(start))) {
            codes.push(code.to_owned());
        }
    }
    codes.sort();
    codes.dedup();
    codes
}

fn is_status(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_code(text: &str) -> bool {
    text.contains('_') && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_calls_message_is_told_from_its_fields() {
        let text = r#"
            tracing::warn!(%error, "invoice.id" = %id, kind = "Capital", "first \"one\"");
            tracing::info!(url = %format!("X{address}"), "second");
            tracing::debug!(?settlement);
        "#;
        let messages: Vec<_> = log_messages(text).into_iter().map(|(_, message)| message).collect();
        assert_eq!(messages, ["second", r#"first \"one\""#]);
    }

    #[test]
    fn error_codes_are_found_however_they_are_written() {
        let text = "internal(\n  \"one_code\", x) (Rejected, \"two_code\") X(_) => \"three_code\", \
                    X: 404 \"four_code\" internal(\"single\") => \"Not_A_Code\" other(\"no_code\")";
        assert_eq!(error_codes(text), ["four_code", "one_code", "three_code", "two_code"]);
    }

    #[test]
    fn a_path_is_told_from_a_longer_name() {
        assert!(names_path("use async_nats::Client;", "async_nats"));
        assert!(!names_path("use my_async_nats::Client;", "async_nats"));
        assert!(!names_path("let async_nats = 1;", "async_nats"));
    }
}
