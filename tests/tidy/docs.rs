//! The documentation: a table of contents that is complete, links that lead somewhere, and the catalogue of errors.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use super::rust::{code_lines, error_codes};
use super::tree::{Source, files, read, root, rust};

/// The book's table of contents.
const SUMMARY: &str = "docs/SUMMARY.md";

/// What every code is explained on.
const ERRORS: &str = "docs/errors.md";

/// What makes that page; a code that stands only there is dead.
const CATALOGUE: &str = "src/command/errors/catalogue.rs";

/// A match that yields names of buckets, of deeds, or values of a metric's label looks like one that yields codes.
const NAMES: [&str; 5] = [
    "crates/common/src/jetstream/names.rs",
    "crates/common/src/audit.rs",
    "crates/common/src/worker/sandbox.rs",
    "crates/gateway/src/server/activity.rs",
    "crates/gateway/src/server/slots.rs",
];

/// Every page of the repository.
fn pages() -> Vec<Source> {
    files(&[".md"])
}

/// A Markdown text without its blocks of code and comments, line by line.
fn prose(markdown: &str) -> String {
    let mut text = String::new();
    let mut fence: Option<&str> = None;
    for line in markdown.lines() {
        let trimmed = line.trim_start();
        let ticks = &trimmed[..trimmed.len() - trimmed.trim_start_matches('`').len()];
        match fence {
            None if ticks.len() >= 3 => fence = Some(ticks),
            Some(open) if trimmed.trim_end() == open => fence = None,
            None => {
                text.push_str(line);
                text.push('\n');
            }
            Some(_) => {}
        }
    }
    text
}

/// Targets of the links and pictures in a Markdown text, outside of code.
fn links(markdown: &str) -> Vec<String> {
    let text = prose(markdown);
    // Code between backquotes may look like a link; every second part is code.
    let outside: String = text.split('`').step_by(2).collect::<Vec<_>>().join("``");
    let targets = outside.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    targets.map(|(target, _)| target.trim().to_owned()).collect()
}

/// Anchors of a page's headings, as code hosts and mdBook make them.
fn anchors(markdown: &str) -> BTreeSet<String> {
    let mut found: BTreeSet<String> = BTreeSet::new();
    for line in prose(markdown).lines().filter(|line| line.starts_with('#')) {
        let slug = slug(line.trim_start_matches('#').trim());
        let numbered = (1..).map(|number| format!("{slug}-{number}"));
        let free = std::iter::once(slug.clone()).chain(numbered).find(|name| !found.contains(name));
        found.extend(free);
    }
    found
}

fn slug(heading: &str) -> String {
    let kept = |c: char| match c {
        ' ' => Some('-'),
        '-' | '_' => Some(c),
        c if c.is_alphanumeric() => Some(c),
        _ => None,
    };
    heading.to_lowercase().chars().filter_map(kept).collect()
}

/// `link` of a page in `folder`, from the root, with `..` resolved.
fn resolved(folder: &Path, link: &str) -> PathBuf {
    let mut path = PathBuf::new();
    for part in folder.join(link).components() {
        match part {
            Component::ParentDir => {
                path.pop();
            }
            Component::CurDir => {}
            other => path.push(other),
        }
    }
    path
}

/// What is wrong with the links of `page`.
fn broken(page: &Source) -> Vec<String> {
    let folder = Path::new(&page.path).parent().unwrap();
    let mut found = Vec::new();
    for link in links(&page.text) {
        if link.contains("://") || link.starts_with("mailto:") {
            continue;
        }
        // What begins at the root is an address of the service.
        if link.starts_with('/') {
            continue;
        }
        let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
        let target = match path {
            "" => PathBuf::from(&page.path),
            path => resolved(folder, path),
        };
        if !root().join(&target).exists() {
            found.push(format!("{}: ({link}): there is no {}", page.path, target.display()));
        } else if !anchor.is_empty()
            && target.extension().is_some_and(|ending| ending == "md")
            && !anchors(&read(&target.to_string_lossy())).contains(anchor)
        {
            found.push(format!("{}: ({link}): no such heading", page.path));
        }
    }
    found
}

#[test]
fn every_link_between_pages_leads_somewhere() {
    let found: Vec<String> = pages().iter().flat_map(broken).collect();
    crate::assert_none("a page moved, or a heading has another name", &found);
}

#[test]
fn every_page_is_in_the_book_once() {
    let linked: Vec<String> = links(&read(SUMMARY))
        .iter()
        .map(|link| resolved(Path::new("docs"), link).to_string_lossy().into_owned())
        .collect();
    let once: BTreeSet<&String> = linked.iter().collect();
    assert_eq!(once.len(), linked.len(), "{SUMMARY} names a page twice");
    let missing: Vec<String> = pages()
        .into_iter()
        .map(|page| page.path)
        .filter(|path| path.starts_with("docs/") && path != SUMMARY && !linked.contains(path))
        .collect();
    crate::assert_none("add the page to docs/SUMMARY.md", &missing);
}

/// The codes that the page of errors explains: the first column of its tables.
fn explained() -> BTreeSet<String> {
    let page = read(ERRORS);
    // The table of where codes are seen goes on after the name; those of codes have a cell for it.
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let alone = rows.filter(|(_, rest)| rest.starts_with(" |"));
    let codes: BTreeSet<String> = alone.map(|(code, _)| code.to_owned()).collect();
    assert!(codes.len() >= 50, "{ERRORS} explains {} codes", codes.len());
    codes
}

/// Files of the product, without its tests.
fn product() -> Vec<Source> {
    let ours = |source: &Source| {
        (source.path.starts_with("crates/") || source.path.starts_with("src/"))
            && !source.is_test()
            && !source.path.ends_with("_tests.rs")
            && source.path != CATALOGUE
    };
    rust().into_iter().filter(ours).collect()
}

#[test]
fn every_error_code_is_in_the_catalogue() {
    let explained = explained();
    let mut found = Vec::new();
    let sources = product();
    for source in sources.iter().filter(|source| !NAMES.contains(&source.path.as_str())) {
        // Commands print codes of others, and names of steps and checks besides.
        if source.path.starts_with("src/command") {
            continue;
        }
        for code in error_codes(&source.text) {
            if !explained.contains(&code) {
                found.push(format!("{}: {code}", source.path));
            }
        }
    }
    crate::assert_none(
        &format!("add the code to {CATALOGUE} or kind.rs, then write {ERRORS}"),
        &found,
    );
}

#[test]
fn no_error_code_of_the_catalogue_is_dead() {
    let code: String = product()
        .iter()
        .flat_map(|source| {
            let product = source.text.split("#[cfg(test)]\nmod tests {").next().unwrap();
            code_lines(product).map(|(_, line)| format!("{line}\n")).collect::<Vec<_>>()
        })
        .collect();
    let dead: Vec<String> =
        explained().into_iter().filter(|name| !code.contains(&format!("\"{name}\""))).collect();
    crate::assert_none(&format!("nothing makes the code: take it out of {CATALOGUE}"), &dead);
}

#[test]
fn links_and_anchors_are_read_as_a_code_host_does() {
    let page = "# A `b` (c)?\n\n[x](y.md#z) and `[no](link)` ![p](q.png)\n\n```\n# no\n[no](no)\n```\n## A b c\n";
    assert_eq!(links(page), ["y.md#z", "q.png"]);
    assert_eq!(anchors(page), ["a-b-c", "a-b-c-1"].map(String::from).into());
    assert_eq!(resolved(Path::new("docs/runbooks"), "../a.md"), Path::new("docs/a.md"));
}
