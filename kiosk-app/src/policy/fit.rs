// SPDX-License-Identifier: MIT OR Apache-2.0
//! How much room a text of a policy takes on a screen whose layout does not know it: by the widest
//! that its characters can be in the kiosk's fonts, so that what fits here fits there.

/// The text, or as many of its sentences as fit into `ems` and are no wall of text; none where not
/// even the first does.
pub(crate) fn fit(text: &str, ems: f32) -> Option<&str> {
    let heads = sentence_ends(text.trim()).take(MOST_SENTENCES);
    heads.take_while(|sentences| width(sentences) <= ems).last()
}

/// How many sentences a text has; what follows the last end mark is one, too.
pub(crate) fn sentences(text: &str) -> usize {
    sentence_ends(text.trim()).count()
}

/// The text up to the end of each of its sentences.
fn sentence_ends(text: &str) -> impl Iterator<Item = &str> {
    text.char_indices().filter_map(move |(start, end_mark)| {
        let after = start + end_mark.len_utf8();
        let (head, rest) = (text.get(..after)?, text.get(after..)?);
        let is_end = match end_mark {
            '。' | '！' | '？' => true,
            '.' | '!' | '?' => rest.starts_with(' '),
            _ => false,
        };
        (is_end || rest.is_empty()).then_some(head)
    })
}

/// The width in ems, at most.
pub(crate) fn width(text: &str) -> f32 {
    text.chars().map(advance).sum()
}

/// Noto Sans JP: East Asian characters take an em; of the Latin ones the capitals, `m`, `w` and a
/// few signs are wide, the others are within 0.61 em.
fn advance(character: char) -> f32 {
    match character {
        ' ' | '.' | ',' | ':' | ';' | 'i' | 'j' | 'l' | '\'' | '!' | '|' => 0.32,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 0.95,
        'A'..='Z' | '&' | '+' | '=' | '<' | '>' | '~' | '#' => 0.75,
        ' '..='~' => 0.61,
        '\u{A0}'..='\u{24F}' => 0.95,
        _ => 1.0,
    }
}

/// Of one notice.
const MOST_SENTENCES: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_shortened_at_the_end_of_a_sentence() {
        assert_eq!(
            fit("予約が要ります。詳しくは窓口へ。", 30.0),
            Some("予約が要ります。詳しくは窓口へ。")
        );
        assert_eq!(fit("予約が要ります。詳しくは窓口へ。", 10.0), Some("予約が要ります。"));
        assert_eq!(fit("Opens at 6.30 only. Come early.", 14.0), Some("Opens at 6.30 only."));
    }

    #[test]
    fn no_text_has_more_than_three_sentences() {
        assert_eq!(fit("一。二。三。四。", 30.0), Some("一。二。三。"));
        assert_eq!((sentences("一。二。"), sentences("One. Two"), sentences("")), (2, 2, 0));
    }

    #[test]
    fn a_sentence_that_does_not_fit_is_not_shown() {
        assert_eq!(fit("長い長い文です。", 4.0), None);
        assert_eq!(fit("no end at all to be seen anywhere", 4.0), None);
        assert_eq!(fit("  ", 4.0), None);
    }
}
