//! A client's name for a document: shown to people later, so it must not surprise them.

/// Longest name, in characters: what file systems allow.
const MAX_CHARS: usize = 255;

/// The last component of `name` without control and bidirectional control characters, cut to 255
/// characters; `None` when nothing is left.
pub(crate) fn clean(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next()?;
    let visible: String =
        last.chars().filter(|c| !c.is_control() && !is_bidi_control(*c)).collect();
    let cut: String = visible.trim().chars().take(MAX_CHARS).collect();
    let cut = cut.trim_end();
    (!cut.is_empty()).then(|| cut.to_owned())
}

/// Characters that reorder what follows, so that `invoice_fdp.exe` reads `invoice_exe.pdf`, and
/// line and paragraph separators.
fn is_bidi_control(c: char) -> bool {
    matches!(
        c,
        '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_component_is_kept() {
        assert_eq!(clean("/etc/../a b.pdf").as_deref(), Some("a b.pdf"));
        assert_eq!(clean("C:\\invoices\\mai.pdf").as_deref(), Some("mai.pdf"));
        assert_eq!(clean("facture n°7 – été.pdf").as_deref(), Some("facture n°7 – été.pdf"));
    }

    #[test]
    fn characters_that_nobody_sees_are_removed() {
        assert_eq!(clean("a\u{202e}fdp.exe\r\n\0").as_deref(), Some("afdp.exe"));
        assert_eq!(clean("\u{2067}x\u{2069}\u{7f}").as_deref(), Some("x"));
    }

    #[test]
    fn an_empty_name_is_none() {
        for empty in ["", " ", "folder/", "\\", "\u{200e}", "\t"] {
            assert_eq!(clean(empty), None, "{empty:?}");
        }
    }

    #[test]
    fn a_long_name_is_cut_at_a_character() {
        assert_eq!(clean(&"é".repeat(300)).unwrap().chars().count(), MAX_CHARS);
    }
}
