//! The recorded session of the quick start has the README's commands.

use super::tree::read;

/// Where `scripts/session` writes.
const PAGE: &str = "docs/quick-start.md";
const BEGIN: &str = "<!-- Written by scripts/session from here -->";
const END: &str = "<!-- to here. -->";

/// Commands of the blocks that a page fences as `sh`, without their comments.
fn commands(page: &str) -> Vec<&str> {
    let (mut found, mut inside) = (Vec::new(), false);
    for line in page.lines() {
        if line.starts_with("```") {
            inside = line.trim_start_matches('`').starts_with("sh");
        } else if inside {
            let command = line.split(" #").next().unwrap_or_default().trim_end();
            found.extend((!command.is_empty()).then_some(command));
        }
    }
    found
}

/// What was typed in the session between the two marks, and how much was printed after each.
fn typed(page: &str) -> Vec<(&str, usize)> {
    let recorded = page.split_once(BEGIN).and_then(|(_, rest)| rest.split_once(END));
    let (recorded, _) = recorded.unwrap_or_default();
    let mut found: Vec<(&str, usize)> = Vec::new();
    for line in recorded.lines() {
        match (line.strip_prefix("$ "), found.last_mut()) {
            (Some(command), _) => found.push((command, 0)),
            (None, Some((_, printed))) if !line.is_empty() && !line.starts_with("```") => {
                *printed += 1;
            }
            (None, _) => {}
        }
    }
    found
}

/// What the session types that the README does not have, or has earlier.
fn strange<'a>(typed: &[(&'a str, usize)], readme: &[&str]) -> Vec<&'a str> {
    let mut rest = readme.iter();
    typed
        .iter()
        .map(|(command, _)| *command)
        .filter(|command| !rest.any(|own| own == command))
        .collect()
}

#[test]
fn the_recorded_session_has_the_commands_of_the_readme_in_their_order() {
    let (page, readme) = (read(PAGE), read("README.md"));
    let typed = typed(&page);
    assert!(typed.len() >= 5, "run scripts/session: {typed:?}");
    let found: Vec<String> =
        strange(&typed, &commands(&readme)).into_iter().map(str::to_owned).collect();
    crate::assert_none("run scripts/session: the README has it otherwise", &found);
    assert_eq!(typed[0].0, commands(&readme)[0], "the session begins as the README does");
    assert!(typed[0].1 > 5 && typed.last().unwrap().1 > 0, "it shows what is printed: {typed:?}");
}

#[test]
fn a_command_that_the_readme_does_not_have_is_found() {
    let readme =
        "```sh,ignore-x\nscripts/demo     # a comment\nscripts/test\n```\n```text\nno\n```\n";
    assert_eq!(commands(readme), ["scripts/demo", "scripts/test"]);
    let page =
        format!("$ no\n{BEGIN}\n```text\n$ scripts/test\nprinted\n$ other\n```\n{END}\n$ no\n");
    let typed = typed(&page);
    assert_eq!(typed, [("scripts/test", 1), ("other", 0)]);
    assert_eq!(strange(&typed, &commands(readme)), ["other"]);
    assert_eq!(
        strange(&[("scripts/test", 0), ("scripts/demo", 0)], &commands(readme)),
        ["scripts/demo"]
    );
}
