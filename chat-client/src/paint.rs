//! Appearance of a line: colour, the time before it, the bell.
//!
//! Lines come here after [`chat_protocol::text::showable`], so every control character in the
//! output was added here.

use anstyle::{AnsiColor, Style};
use chat_protocol::name::{Name, fold};
use chat_protocol::wording::{NOTICE, REFUSAL, own_name_in, private_of};
use jiff::civil::Time;

/// Style of notices: dimmed, so that members' messages stand out.
const NOTICE_STYLE: Style = Style::new().dimmed();
/// Style of refusals.
const REFUSAL_STYLE: Style = AnsiColor::Yellow.on_default();
/// Style of private messages.
const PRIVATE_STYLE: Style = AnsiColor::Cyan.on_default();

const BELL: char = '\x07';

/// Formats lines for the screen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Painter {
    color: bool,
    timestamps: bool,
    bell: bool,
    /// The user's name, folded for comparison.
    own: Option<String>,
}

impl Painter {
    /// With `color`, notices, refusals and private messages have a colour of their own; with
    /// `timestamps`, lines that arrive get the time before them; with `bell`, the bell rings for a
    /// private message and for the user's name.
    pub(crate) fn new(color: bool, timestamps: bool, bell: bool) -> Self {
        Self { color, timestamps, bell, own: None }
    }

    /// Sets the user's name.
    pub(crate) fn answer_to(&mut self, name: &Name) {
        self.own = Some(fold(name.as_str()));
    }

    /// Formats a line of the client itself.
    pub(crate) fn own(&self, line: &str) -> String {
        match style(line).filter(|_| self.color) {
            Some(style) => format!("{style}{line}{style:#}"),
            None => line.to_owned(),
        }
    }

    /// Formats a line that arrived at this local time.
    pub(crate) fn arrived(&mut self, line: &str, time: impl FnOnce() -> Time) -> String {
        if let Some(name) = own_name_in(line) {
            self.answer_to(&name);
        }
        let mut painted = self.own(line);
        if self.timestamps {
            painted.insert_str(0, &time().strftime("%H:%M:%S ").to_string());
        }
        if self.bell && self.is_addressed(line) {
            painted.push(BELL);
        }
        painted
    }

    fn is_addressed(&self, line: &str) -> bool {
        if line.starts_with(NOTICE) || line.starts_with(REFUSAL) {
            return false;
        }
        let private = private_of(line).is_some_and(|rest| rest.starts_with(']'));
        private || self.own.as_ref().is_some_and(|own| has_word(&fold(line), own))
    }
}

/// The local time.
pub(crate) fn now() -> Time {
    jiff::Zoned::now().time()
}

fn style(line: &str) -> Option<Style> {
    let private = private_of(line).map(|_| PRIVATE_STYLE);
    let styles = [(NOTICE, NOTICE_STYLE), (REFUSAL, REFUSAL_STYLE)];
    let marked = styles.into_iter().find(|(start, _)| line.starts_with(start));
    marked.map(|(_, style)| style).or(private)
}

/// Returns whether the text contains the word as a whole, not as a part of a longer word.
fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(start, _)| {
        let (before, after) = (&text[..start], &text[start + word.len()..]);
        !continues(before.chars().rev()) && !continues(after.chars())
    })
}

/// Returns whether these characters continue a name. A sign before a blank does not: there it ends
/// a sentence.
fn continues(mut chars: impl Iterator<Item = char>) -> bool {
    let letter = |c: char| c.is_alphanumeric() || c == '_';
    match chars.next() {
        Some('.' | '-') => chars.next().is_some_and(letter),
        next => next.is_some_and(letter),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn painter() -> Painter {
        let mut painter = Painter::new(false, false, true);
        painter.answer_to(&"José".parse().unwrap());
        painter
    }

    fn at_noon() -> Time {
        jiff::civil::time(12, 0, 5, 0)
    }

    fn rings(line: &str) -> bool {
        painter().arrived(line, at_noon).ends_with(BELL)
    }

    #[test]
    fn r4_6_a_line_is_shown_as_it_came_unless_asked_otherwise() {
        let mut plain = Painter::default();
        plain.answer_to(&"Ana".parse().unwrap());
        for line in ["Bea > hola Ana", "* Ana se ha unido", "! no", "[privado] Bea > hola", ""] {
            assert_eq!(plain.arrived(line, at_noon), line);
        }
    }

    #[test]
    fn r6_6_notices_refusals_and_private_messages_look_different() {
        let mut painter = Painter::new(true, false, false);
        let mut paint = |line| painter.arrived(line, at_noon);
        assert_eq!(paint("* Ana ha salido"), "\x1b[2m* Ana ha salido\x1b[0m");
        assert_eq!(paint("! no"), "\x1b[33m! no\x1b[0m");
        assert_eq!(paint("[privado] Ana > hola"), "\x1b[36m[privado] Ana > hola\x1b[0m");
        assert_eq!(paint("[privado a Ana] hola"), "\x1b[36m[privado a Ana] hola\x1b[0m");
        assert_eq!(paint("Ana > * hola"), "Ana > * hola");
    }

    #[test]
    fn r4_2_the_time_stands_before_what_arrives() {
        let mut painter = Painter::new(true, true, false);
        assert_eq!(painter.arrived("hola", at_noon), "12:00:05 hola");
        assert_eq!(painter.arrived("* hola", at_noon), "12:00:05 \x1b[2m* hola\x1b[0m");
        assert_eq!(painter.own("saliendo..."), "saliendo...");
    }

    #[test]
    fn r6_1_the_bell_rings_for_ones_own_name_and_for_private_messages() {
        let ringing = [
            "Ana > josé, ¿estás?",
            "Ana > hola JOSE\u{301}.",
            "José",
            "Ana > ¿José-?",
            "[privado] Ana > hola",
        ];
        for line in ringing {
            assert!(rings(line), "{line}");
        }
        let silent = [
            "Ana > joséfina",
            "Ana > xjosé",
            "Ana > José-Luis",
            "Ana > jose",
            "* José ha salido",
            "! José",
            "[privado a Ana] hola",
        ];
        for line in silent {
            assert!(!rings(line), "{line}");
        }
    }

    #[test]
    fn r9_1_a_server_that_talks_english_is_understood() {
        let mut painter = Painter::new(true, false, true);
        let private = painter.arrived("[private] Ana > hi", at_noon);
        assert_eq!(private, "\x1b[36m[private] Ana > hi\x1b[0m\x07");
        painter.arrived("* you are now called Bea", at_noon);
        assert!(painter.arrived("Ana > hi bea", at_noon).ends_with(BELL));
    }

    #[test]
    fn r6_3_the_bell_knows_a_new_name() {
        let mut painter = painter();
        painter.arrived("* ahora te llamas Bea", at_noon);
        assert!(painter.arrived("Ana > hola bea", at_noon).ends_with(BELL));
        assert!(!painter.arrived("Ana > hola José", at_noon).ends_with(BELL));
    }
}
