//! Whether the text of a page is what the page shows.

use crate::text_layer::ink::Findings;
use crate::text_layer::{Character, readable};

/// Text with more unreadable characters than this share is not trusted. Sound files have none or
/// a few symbols of a pictorial font; broken Unicode maps spoil whole fonts.
const MAX_UNREADABLE_SHARE: f32 = 0.005;

/// So many unreadable characters are bullets and telephone symbols, however short the page is.
const TOLERATED_UNREADABLE: usize = 3;

/// Text with more invisible characters than this share is the output of a recogniser laid under a
/// scan. A few stray ones (empty form fields, hidden order numbers) are harmless: they are left
/// out.
const MAX_INVISIBLE_SHARE: f32 = 0.05;

/// Text of which more than this share leaves no ink says something else than the page shows. A few
/// such characters are anchors for signatures and order numbers in white: they are left out.
const MAX_INKLESS_SHARE: f32 = 0.05;

/// More of the text than this in fonts whose text cannot be a language: one broken font of a few
/// used for headings stays above, three odd words of a logo below.
const MAX_GARBLED_SHARE: f32 = 0.03;

/// Text of which more than this share stands where a picture has print of its own is somebody's
/// recognition of that picture. Amounts printed into the boxes of a form's picture stay below.
const MAX_DOUBLED_SHARE: f32 = 0.2;

/// An image over more of the page than this is a scan, or a letterhead under text.
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

/// So many letters outside of the text are worth a reading: an address with its tax numbers, the
/// rows of a table. Logos with a slogan stay below.
const CONTENT_LETTERS: usize = 100;

/// What the test looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Evidence {
    /// Characters that should leave ink.
    pub printing: usize,
    /// Of these, in an invisible rendering mode.
    pub invisible: usize,
    /// Of these, in a visible mode that leaves no ink.
    pub inkless: usize,
    /// Of the seen ones, without a usable meaning.
    pub unreadable: usize,
    /// Of the seen ones, in fonts whose text cannot be a language.
    pub garbled: usize,
    /// Of the seen ones, over print of a picture.
    pub doubled: usize,
    /// About so many letters are shown that no character accounts for.
    pub unread_letters: usize,
    /// Nothing shows on the page.
    pub flat: bool,
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
    /// Its text is used, and recognition reads what stands beside it.
    Partial,
    /// Nothing is on it: no text, no recognition.
    Blank,
    /// It is read by recognition, which may confirm the text.
    Doubtful(Doubt),
}

/// Why a text layer is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// None, or too little for what is drawn.
    TooLittleText,
    /// Characters without a meaning.
    BrokenUnicodeMap,
    /// Characters with a meaning that make no words of any language.
    Garbled,
    /// Invisible text.
    Invisible,
    /// Text of the paper's colour, under something else or too small to be seen.
    Inkless,
    /// Text on the picture of the same text.
    OnScan,
}

impl Doubt {
    /// Its name in results.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::TooLittleText => "too-little-text",
            Self::BrokenUnicodeMap => "broken-unicode-map",
            Self::Garbled => "garbled",
            Self::Invisible => "invisible",
            Self::Inkless => "inkless",
            Self::OnScan => "on-scan",
        }
    }
}

impl Evidence {
    /// Counts over the characters of a page, after a comparison with its picture.
    #[must_use]
    pub fn gather(
        characters: &[Character],
        findings: Findings,
        image_share: f32,
        objects: usize,
    ) -> Self {
        let Findings { doubled, unread_letters, flat } = findings;
        let mut evidence =
            Self { image_share, objects, doubled, unread_letters, flat, ..Self::default() };
        for character in characters.iter().filter(|c| c.is_printing()) {
            evidence.printing += 1;
            evidence.invisible += usize::from(character.invisible);
            evidence.inkless += usize::from(character.inkless && !character.invisible);
            let unreadable = character.unmapped || !has_meaning(character.text);
            evidence.unreadable += usize::from(character.is_seen() && unreadable);
        }
        evidence.garbled = readable::garbled(characters);
        evidence
    }

    /// Characters that a reader of the page sees.
    #[must_use]
    pub fn seen(&self) -> usize {
        self.printing.saturating_sub(self.invisible + self.inkless)
    }

    /// The shares by name, 0 to 1, as they are shown to clients.
    #[must_use]
    pub fn measurements(&self) -> [(&'static str, f32); 7] {
        [
            ("image_share", self.image_share),
            ("invisible_share", share(self.invisible, self.printing)),
            ("inkless_share", share(self.inkless, self.printing)),
            ("unreadable_share", share(self.unreadable, self.seen())),
            ("garbled_share", share(self.garbled, self.seen())),
            ("doubled_share", share(self.doubled, self.seen())),
            ("unread_letters", self.unread_letters as f32),
        ]
    }
}

/// Decides from the evidence; the most telling doubt is named.
#[must_use]
pub fn judge(evidence: &Evidence) -> Verdict {
    if evidence.flat || evidence.objects == 0 {
        return Verdict::Blank;
    }
    if evidence.printing == 0 {
        return Verdict::Doubtful(Doubt::TooLittleText);
    }
    let seen = evidence.seen();
    if share(evidence.invisible, evidence.printing) > MAX_INVISIBLE_SHARE {
        return Verdict::Doubtful(Doubt::Invisible);
    }
    if share(evidence.inkless, evidence.printing) > MAX_INKLESS_SHARE {
        return Verdict::Doubtful(Doubt::Inkless);
    }
    if evidence.unreadable == seen
        || evidence.unreadable > TOLERATED_UNREADABLE
            && share(evidence.unreadable, seen) > MAX_UNREADABLE_SHARE
    {
        return Verdict::Doubtful(Doubt::BrokenUnicodeMap);
    }
    if share(evidence.doubled, seen) > MAX_DOUBLED_SHARE {
        return Verdict::Doubtful(Doubt::OnScan);
    }
    if share(evidence.garbled, seen) > MAX_GARBLED_SHARE {
        return Verdict::Doubtful(Doubt::Garbled);
    }
    let few = seen < FEW_CHARACTERS && evidence.image_share > CONTENT_IMAGE_SHARE;
    let stamp = seen < STAMP_CHARACTERS && evidence.objects > OUTLINED_TEXT_OBJECTS;
    if few || stamp || evidence.unread_letters >= CONTENT_LETTERS {
        return Verdict::Partial;
    }
    Verdict::Sound
}

fn share(count: usize, of: usize) -> f32 {
    count as f32 / of.max(1) as f32
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

    const INVOICE: Evidence = Evidence {
        printing: 900,
        invisible: 0,
        inkless: 0,
        unreadable: 0,
        garbled: 0,
        doubled: 0,
        unread_letters: 12,
        flat: false,
        image_share: 0.05,
        objects: 120,
    };

    #[test]
    fn an_ordinary_invoice_with_a_logo_is_sound() {
        assert_eq!(judge(&INVOICE), Verdict::Sound);
    }

    #[test]
    fn text_that_nobody_sees_is_not_used_but_a_few_hidden_characters_do_not_matter() {
        let invisible = Evidence { invisible: 900, ..INVOICE };
        assert_eq!(judge(&invisible), Verdict::Doubtful(Doubt::Invisible));
        let white = Evidence { inkless: 100, ..INVOICE };
        assert_eq!(judge(&white), Verdict::Doubtful(Doubt::Inkless));
        let anchors = Evidence { inkless: 20, invisible: 20, ..INVOICE };
        assert_eq!(judge(&anchors), Verdict::Sound);
    }

    #[test]
    fn text_on_the_picture_of_itself_is_not_used_and_on_a_letterhead_it_is() {
        let scan = Evidence { image_share: 0.97, doubled: 700, ..INVOICE };
        assert_eq!(judge(&scan), Verdict::Doubtful(Doubt::OnScan));
        let letterhead = Evidence { image_share: 1.0, doubled: 30, ..INVOICE };
        assert_eq!(judge(&letterhead), Verdict::Sound);
    }

    #[test]
    fn a_broken_unicode_map_is_not_used_but_a_few_bullets_do_not_matter() {
        let broken = Evidence { unreadable: 9, ..INVOICE };
        assert_eq!(judge(&broken), Verdict::Doubtful(Doubt::BrokenUnicodeMap));
        let bullets = Evidence { printing: 100, unreadable: 3, ..INVOICE };
        assert_eq!(judge(&bullets), Verdict::Sound);
        let symbols_only = Evidence { printing: 2, unreadable: 2, ..INVOICE };
        assert_eq!(judge(&symbols_only), Verdict::Doubtful(Doubt::BrokenUnicodeMap));
        let garbled = Evidence { garbled: 60, ..INVOICE };
        assert_eq!(judge(&garbled), Verdict::Doubtful(Doubt::Garbled));
    }

    #[test]
    fn a_page_without_text_is_read_only_when_something_shows() {
        assert_eq!(judge(&Evidence::default()), Verdict::Blank);
        let drawn = Evidence { objects: 1, image_share: 0.2, ..Evidence::default() };
        assert_eq!(judge(&drawn), Verdict::Doubtful(Doubt::TooLittleText));
        assert_eq!(judge(&Evidence { flat: true, ..drawn }), Verdict::Blank);
        assert_eq!(judge(&Evidence { flat: true, inkless: 900, ..INVOICE }), Verdict::Blank);
    }

    #[test]
    fn text_beside_content_without_text_is_used_and_the_rest_is_read() {
        let footer = Evidence { printing: 60, image_share: 0.5, ..INVOICE };
        assert_eq!(judge(&footer), Verdict::Partial);
        let last_page = Evidence { printing: 12, objects: 4, image_share: 0.0, ..INVOICE };
        assert_eq!(judge(&last_page), Verdict::Sound);
        let outlines = Evidence { printing: 12, objects: 2000, image_share: 0.0, ..INVOICE };
        assert_eq!(judge(&outlines), Verdict::Partial);
        let table = Evidence { unread_letters: 300, ..INVOICE };
        assert_eq!(judge(&table), Verdict::Partial);
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
