//! Every key, as a page of Markdown: what `config.default.toml` says of it, and what the code takes.

use std::fmt::Write as _;

use common::config::{Config, DEFAULTS};
use toml::Value;

use super::domain::{Domain, domain};
use crate::command::CommandError;

const HEAD: &str = "\
# Configuration

<!-- Written by `invoice-ocr config reference > docs/configuration.md`; a test compares. -->

Four layers, each over the one before: the defaults below (`config.default.toml`, compiled in), a file given by
`--config FILE`, environment variables, flags. An unknown key and a value out of its range are errors, with exit code 64
before anything is started; `invoice-ocr config check` prints what is in effect, without secrets.

```toml
# /etc/invoice-ocr.toml: only what differs
[gateway]
max_upload_bytes = 10485760

[ocr]
languages = [\"deu\", \"eng\"]
```

The environment variable of a key is written beside it. Lists are written as in a file, texts may do without quotation marks:
`INVOICE_OCR__OCR__LANGUAGES='[\"deu\",\"eng\"]'`, `INVOICE_OCR__LOG__FORMAT=text`.

Ranges are those that hold while all other keys have their defaults; a few keys bound each other, and their text says so.
";

/// A key in its section.
struct Key<'a> {
    name: &'a str,
    /// As it is written, on one line.
    default: String,
    comment: String,
}

/// A section and what is said of it as a whole.
struct Section<'a> {
    name: &'a str,
    comment: String,
    keys: Vec<Key<'a>>,
}

/// The page.
///
/// # Errors
/// [`CommandError::Internal`] where the documented defaults are not those of the code, which a test excludes.
pub(super) fn markdown(config: &Config) -> Result<String, CommandError> {
    let internal = |what: String| CommandError::Internal(what);
    let values = Value::try_from(config).map_err(|error| internal(error.to_string()))?;
    let mut page = HEAD.to_owned();
    // Writing to a String cannot fail.
    for section in sections(DEFAULTS) {
        let _written = write!(page, "\n## `[{}]`\n", section.name);
        if !section.comment.is_empty() {
            let _written = write!(page, "\n{}\n", prose(&section.comment));
        }
        for Key { name, default, comment } in &section.keys {
            let key = format!("{}.{name}", section.name);
            let value = key.split('.').try_fold(&values, |table, part| table.get(part));
            let value = value.ok_or_else(|| internal(format!("{key} is no key")))?;
            let takes = described(&domain(config, &key, value));
            let variable = format!("INVOICE_OCR__{}", key.to_uppercase().replace('.', "__"));
            let _written =
                write!(page, "\n### `{key}`\n\n{takes} · default `{default}` · `{variable}`\n");
            if !comment.is_empty() {
                let _written = write!(page, "\n{}\n", prose(comment));
            }
        }
    }
    page.truncate(page.trim_end().len());
    Ok(page)
}

/// The sections of the documented defaults. A comment belongs to the key or section below it, and to further keys of
/// its family that follow at once (`work_hours`, `work_max_bytes`); what is said of a section holds for
/// sister sections below it that say nothing of their own.
fn sections(text: &str) -> Vec<Section<'_>> {
    let mut sections: Vec<Section<'_>> = Vec::new();
    let mut comment = Vec::new();
    for line in text.lines() {
        if let Some(words) = line.strip_prefix('#') {
            comment.push(words.trim());
            continue;
        }
        let above = comment.join(" ");
        comment.clear();
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let inherited = above.is_empty().then(|| sister(&sections, name)).flatten();
            let comment = inherited.unwrap_or(above);
            sections.push(Section { name, comment, keys: Vec::new() });
        } else if let Some((name, default)) = line.split_once('=')
            && let Some(section) = sections.last_mut()
        {
            let (name, default) = (name.trim(), default.trim().to_owned());
            let family = |name: &str| name.split('_').next().map(str::to_owned);
            let before = section.keys.last().filter(|key| family(key.name) == family(name));
            let comment = match before {
                Some(key) if above.is_empty() && !key.comment.is_empty() => {
                    format!("With `{}.{}`.", section.name, key.name)
                }
                _ => above,
            };
            section.keys.push(Key { name, default, comment });
        }
    }
    sections
}

/// Where the comment of a section stands whose sister `name` is.
fn sister(sections: &[Section<'_>], name: &str) -> Option<String> {
    let (parent, _) = name.split_once('.')?;
    let told = |section: &&Section<'_>| {
        let same = section.name.split_once('.').is_some_and(|(other, _)| other == parent);
        same && !section.comment.is_empty() && section.keys.iter().all(|key| key.comment.is_empty())
    };
    sections.iter().find(told).map(|section| format!("As `[{}]`.", section.name))
}

fn described(domain: &Domain) -> String {
    let quoted = |names: &[String]| {
        names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    };
    match domain {
        Domain::Boolean => "`true` or `false`".to_owned(),
        Domain::Integer(0, None) => "whole number".to_owned(),
        Domain::Integer(least, None) => format!("whole number, at least {least}"),
        Domain::Integer(least, Some(most)) => format!("whole number, {least} to {most}"),
        Domain::OneOf(numbers) => {
            let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
            format!("one of {}", quoted(&numbers))
        }
        Domain::Number(least, most) => format!("number, {least} to {most}"),
        Domain::Text(names) if names.is_empty() => "text".to_owned(),
        Domain::Text(names) => format!("one of {}", quoted(names)),
        Domain::Address => "address and port".to_owned(),
        Domain::List(of, names) if names.is_empty() => format!("list of {of}"),
        Domain::List(_, names) => format!("list of {}", quoted(names)),
        Domain::Either(least, most, word) => {
            format!("`{word}`, or a whole number, {least} to {most}")
        }
    }
}

/// A comment as Markdown: asterisks are asterisks, and paths of pages are links.
fn prose(comment: &str) -> String {
    let mut words = Vec::new();
    let mut in_code = false;
    for word in comment.split(' ') {
        let path = word.trim_matches(|c: char| "(),.;:".contains(c));
        words.push(match path.strip_prefix("docs/") {
            Some(page) if page.ends_with(".md") => word.replace(path, &format!("[{page}]({page})")),
            _ if path == "README.md" => word.replace(path, "[README.md](../README.md)"),
            _ if in_code || word.starts_with('`') => word.to_owned(),
            _ => word.replace('*', "\\*"),
        });
        in_code ^= word.matches('`').count() % 2 == 1;
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_belong_to_what_is_below_them() {
        let text = "[a]\n# One.\nx = 1\ny = 2\n# Two, see docs/b.md.\nz_p = 3\nz_q = 4\n\n\
                    # Each.\n[s.a]\nk = 1\n\n[s.b]\nk = 1\n";
        let sections = sections(text);
        let told: Vec<_> = sections
            .iter()
            .flat_map(|s| {
                s.keys.iter().map(|k| (s.name, s.comment.as_str(), k.name, k.comment.as_str()))
            })
            .collect();
        let expected = [
            ("a", "", "x", "One."),
            ("a", "", "y", ""),
            ("a", "", "z_p", "Two, see docs/b.md."),
            ("a", "", "z_q", "With `a.z_p`."),
            ("s.a", "Each.", "k", ""),
            ("s.b", "As `[s.a]`.", "k", ""),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn comments_become_markdown() {
        assert_eq!(prose("a *.pem of docs/a.md, `*`"), "a \\*.pem of [a.md](a.md), `*`");
    }
}
