//! Whether the text of a page is what the page shows.

use crate::text_layer::Character;

/// Text with more unreadable characters than this share is not trusted. Sound files have none or
/// a few symbols of a pictorial font; broken Unicode maps spoil whole fonts.
const MAX_UNREADABLE_SHARE: f32 = 0.005;

/// So many unreadable characters are bullets and telephone symbols, however short the page is.
const TOLERATED_UNREADABLE: usize = 3;

/// Text with more invisible characters than this share is the output of a recogniser laid under a
/// scan. A few stray ones (empty form fields, hidden order numbers) are harmless.
const MAX_INVISIBLE_SHARE: f32 = 0.05;

/// An image over more of the page than this is a scan: the text on it is somebody's recognition.
pub(crate) const SCAN_SHARE: f32 = 0.8;

/// Below so many characters the text may be a mere stamp or footer on a page that is an image or
/// drawn as outlines. Short invoices and last pages with totals have more.
const FEW_CHARACTERS: usize = 200;

/// On a page of few characters, images above this share carry the content; logos stay below.
const CONTENT_IMAGE_SHARE: f32 = 0.3;

/// A page of fewer characters says practically nothing as text.
const STAMP_CHARACTERS: usize = 30;

/// So many drawn objects without text are letters drawn as outlines; rules and boxes of an empty
/// form stay below.
const OUTLINED_TEXT_OBJECTS: usize = 50;

/// What the test looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Evidence {
    /// Characters that leave ink.
    pub printing: usize,
    /// Of these, without a usable meaning.
    pub unreadable: usize,
    /// Of these, in an invisible rendering mode.
    pub invisible: usize,
    /// Share of the page under images, 0 to 1.
    pub image_share: f32,
    /// Objects drawn on the page, text included.
    pub objects: usize,
}

/// What becomes of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Its text is used.
    Sound,
    /// Nothing is on it: no text, no recognition.
    Blank,
    /// It is read by recognition.
    Doubtful(Doubt),
}

/// Why a text layer is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// None, or too little for what is drawn.
    TooLittleText,
    /// Characters without a meaning.
    BrokenUnicodeMap,
    /// Invisible text.
    Invisible,
    /// Text on a scan.
    OnScan,
}

impl Evidence {
    /// Counts over the characters of a page.
    #[must_use]
    pub fn gather(characters: &[Character], image_share: f32, objects: usize) -> Self {
        let mut evidence = Self { image_share, objects, ..Self::default() };
        for character in characters.iter().filter(|c| c.is_printing()) {
            evidence.printing += 1;
            evidence.unreadable += usize::from(character.unmapped || !has_meaning(character.text));
            evidence.invisible += usize::from(character.invisible);
        }
        evidence
    }
}

/// Decides from the evidence; the most telling doubt is named.
#[must_use]
pub fn judge(evidence: &Evidence) -> Verdict {
    let share = |count: usize| count as f32 / evidence.printing.max(1) as f32;
    if evidence.printing == 0 {
        return if evidence.objects == 0 {
            Verdict::Blank
        } else {
            Verdict::Doubtful(Doubt::TooLittleText)
        };
    }
    if share(evidence.invisible) > MAX_INVISIBLE_SHARE {
        return Verdict::Doubtful(Doubt::Invisible);
    }
    if evidence.image_share > SCAN_SHARE {
        return Verdict::Doubtful(Doubt::OnScan);
    }
    if evidence.unreadable > TOLERATED_UNREADABLE
        && share(evidence.unreadable) > MAX_UNREADABLE_SHARE
    {
        return Verdict::Doubtful(Doubt::BrokenUnicodeMap);
    }
    let few = evidence.printing < FEW_CHARACTERS && evidence.image_share > CONTENT_IMAGE_SHARE;
    let stamp = evidence.printing < STAMP_CHARACTERS && evidence.objects > OUTLINED_TEXT_OBJECTS;
    if few || stamp || evidence.unreadable == evidence.printing {
        return Verdict::Doubtful(Doubt::TooLittleText);
    }
    Verdict::Sound
}

/// Whether a character can stand in a text: no replacement, control, private-use or unassigned one.
pub(super) fn has_meaning(c: char) -> bool {
    let private = matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..);
    // Planes 4 to 13 hold nothing, nor do the last two code points of each plane.
    let unassigned = matches!(c, '\u{FDD0}'..='\u{FDEF}' | '\u{40000}'..='\u{DFFFF}')
        || u32::from(c) & 0xFFFE == 0xFFFE;
    c != char::REPLACEMENT_CHARACTER && !c.is_control() && !private && !unassigned
}

#[cfg(test)]
mod tests {
    use super::*;

    const INVOICE: Evidence =
        Evidence { printing: 900, unreadable: 0, invisible: 0, image_share: 0.05, objects: 120 };

    #[test]
    fn an_ordinary_invoice_with_a_logo_is_sound() {
        assert_eq!(judge(&INVOICE), Verdict::Sound);
    }

    #[test]
    fn recognised_text_under_a_scan_is_not_used() {
        let hidden = Evidence { invisible: 900, ..INVOICE };
        assert_eq!(judge(&hidden), Verdict::Doubtful(Doubt::Invisible));
        let visible = Evidence { image_share: 0.97, ..INVOICE };
        assert_eq!(judge(&visible), Verdict::Doubtful(Doubt::OnScan));
    }

    #[test]
    fn a_broken_unicode_map_is_not_used_but_a_few_bullets_do_not_matter() {
        let broken = Evidence { unreadable: 9, ..INVOICE };
        assert_eq!(judge(&broken), Verdict::Doubtful(Doubt::BrokenUnicodeMap));
        let bullets = Evidence { printing: 100, unreadable: 3, ..INVOICE };
        assert_eq!(judge(&bullets), Verdict::Sound);
        let symbols_only = Evidence { printing: 2, unreadable: 2, ..INVOICE };
        assert_eq!(judge(&symbols_only), Verdict::Doubtful(Doubt::TooLittleText));
    }

    #[test]
    fn a_page_without_text_is_read_only_when_something_is_drawn() {
        assert_eq!(judge(&Evidence::default()), Verdict::Blank);
        let drawn = Evidence { objects: 1, image_share: 0.2, ..Evidence::default() };
        assert_eq!(judge(&drawn), Verdict::Doubtful(Doubt::TooLittleText));
    }

    #[test]
    fn a_footer_under_a_large_image_is_too_little_text() {
        let footer = Evidence { printing: 60, image_share: 0.5, ..INVOICE };
        assert_eq!(judge(&footer), Verdict::Doubtful(Doubt::TooLittleText));
        let last_page = Evidence { printing: 12, objects: 4, image_share: 0.0, ..INVOICE };
        assert_eq!(judge(&last_page), Verdict::Sound);
        let outlines = Evidence { printing: 12, objects: 2000, image_share: 0.0, ..INVOICE };
        assert_eq!(judge(&outlines), Verdict::Doubtful(Doubt::TooLittleText));
    }

    #[test]
    fn letters_of_all_scripts_have_a_meaning_and_private_use_has_none() {
        for c in ['a', 'é', '€', 'د', '発', '😀', '½'] {
            assert!(has_meaning(c), "{c}");
        }
        for c in ['\u{FFFD}', '\u{F0B7}', '\u{7}', '\u{FDD0}', '\u{1FFFE}', '\u{50000}'] {
            assert!(!has_meaning(c), "{c:?}");
        }
    }
}
