//! This project's chat with names: a room that asks each client for its name.

use chat_protocol::wording::{NAME_KEYWORD, REFUSAL};
use memchr::memchr;

use super::{Dialect, Event, Frame, Stage, Web, Who, line};

/// Lines; the keyword is answered with the name; `NAME > TEXT`.
#[derive(Debug)]
pub(crate) struct Sala;

impl Dialect for Sala {
    fn web(&self) -> Option<Web<'_>> {
        Some(Web::CHAT)
    }

    fn longest(&self) -> usize {
        chat_protocol::limits::MAX_LINE
    }

    fn hello(&self, _: &Who, _: &mut Vec<u8>) -> Stage {
        Stage::Greeted
    }

    fn read<'a>(
        &self,
        who: &Who,
        stage: &mut Stage,
        input: &'a [u8],
        answer: &mut Vec<u8>,
    ) -> Option<Frame<'a>> {
        let (text, length) = line(input)?;
        // The server confirms no name: that it is taken shows only in what is heard.
        if *stage == Stage::Greeted && answer_keyword(who, text, answer) {
            *stage = Stage::Ready;
        }
        Some(Frame { length, event: judge(text) })
    }

    fn say(&self, _: &Who, text: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(text);
        out.push(b'\n');
    }

    fn bye(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"salir\n");
    }
}

/// Appends the client's name if that is what the line asks for.
pub(super) fn answer_keyword(who: &Who, text: &[u8], answer: &mut Vec<u8>) -> bool {
    let asked = text == NAME_KEYWORD.as_bytes();
    if asked {
        answer.extend_from_slice(who.name.as_bytes());
        answer.push(b'\n');
    }
    asked
}

/// Classifies a line. A name has no blank in it, so in a message the first blank stands before the
/// `>`, and neither a notice nor a private message can be taken for it.
#[inline]
pub(super) fn judge(text: &[u8]) -> Event<'_> {
    let blank = memchr(b' ', text).unwrap_or(text.len());
    if text[blank..].starts_with(b" > ") {
        Event::Said(text)
    } else if text.starts_with(REFUSAL.as_bytes()) {
        Event::Refused(text)
    } else {
        Event::Other(text)
    }
}

#[cfg(test)]
mod tests {
    use chat_protocol::language::Language;

    use super::super::tests::{Heard, hear};
    use super::*;

    const REST: &str = "* Ana se ha unido\nAna > {1} > x\r\nnombre del cliente\n";

    #[test]
    fn the_keyword_is_answered_once() {
        let talk = format!("{}\n{NAME_KEYWORD}\n{REST}", Language::Es.greeting());
        let Heard { stage, answers, events } = hear(&Sala, talk.as_bytes());
        assert_eq!(stage, Stage::Ready);
        assert_eq!(answers, "c-17\n");
        let expected = [
            "other bienvenido al chat! escribe 'salir' para salir",
            "other nombre del cliente",
            "other * Ana se ha unido",
            "said Ana > {1} > x",
            "other nombre del cliente",
        ];
        assert_eq!(events, expected);
    }

    #[test]
    fn a_refusal_is_one_at_any_stage() {
        let full = format!("{}\n! servidor lleno\n", Language::Es.greeting());
        let heard = hear(&Sala, full.as_bytes());
        assert_eq!(heard.stage, Stage::Greeted);
        assert_eq!(heard.events[1], "refused ! servidor lleno");
        let taken = format!("{NAME_KEYWORD}\n! nombre ocupado: alguien\n{NAME_KEYWORD}\n");
        let heard = hear(&Sala, taken.as_bytes());
        assert_eq!(heard.events[1], "refused ! nombre ocupado: alguien");
        assert_eq!(heard.answers, "c-17\n", "it is not asked twice");
    }

    #[test]
    fn only_what_somebody_says_is_said() {
        assert_eq!(judge(b"[privado] Ana > {1}"), Event::Other(b"[privado] Ana > {1}"));
        assert_eq!(judge(b"Ana >"), Event::Other(b"Ana >"));
        assert_eq!(judge(b""), Event::Other(b""));
    }
}
