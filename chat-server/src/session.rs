//! What a client may do next: a line in, an action out. No socket, no clock.

use std::borrow::Cow;

use chat_protocol::decoder::Line;
use chat_protocol::text;

/// One client's side of the conversation.
#[derive(Debug, Default)]
pub(crate) struct Session {
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// The client takes part.
    #[default]
    InRoom,
    /// It has said that it leaves; what it sends behind that is nobody's business.
    Leaving,
}

/// What is to be done with a line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Action<'a> {
    /// Everyone else hears this.
    Say(Cow<'a, str>),
    /// The client learns that its line was over the limit.
    RefuseTooLong,
    /// The client leaves.
    Leave,
}

impl Session {
    /// What the client's next line means.
    pub(crate) fn line<'a>(&mut self, line: Line<'a>) -> Option<Action<'a>> {
        match (self.state, line) {
            (State::Leaving, _) | (_, Line::Empty) => None,
            (State::InRoom, Line::TooLong) => Some(Action::RefuseTooLong),
            (State::InRoom, Line::Text(text)) if text::is_leave(&text) => {
                self.state = State::Leaving;
                Some(Action::Leave)
            }
            (State::InRoom, Line::Text(text)) => Some(Action::Say(text::passable(text))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hear<'a>(session: &mut Session, text: &'a str) -> Option<Action<'a>> {
        session.line(Line::Text(text.into()))
    }

    #[test]
    fn r2_1_a_line_is_said() {
        let mut session = Session::default();
        assert_eq!(hear(&mut session, "Hola que tal?"), Some(Action::Say("Hola que tal?".into())));
    }

    #[test]
    fn r2_9_an_overlong_line_is_refused_and_the_conversation_goes_on() {
        let mut session = Session::default();
        assert_eq!(session.line(Line::TooLong), Some(Action::RefuseTooLong));
        assert_eq!(hear(&mut session, "sigo"), Some(Action::Say("sigo".into())));
    }

    #[test]
    fn r2_11_controls_are_not_passed_on() {
        let mut session = Session::default();
        assert_eq!(hear(&mut session, "\x1b[2J"), Some(Action::Say("\u{FFFD}[2J".into())));
    }

    #[test]
    fn r3_1_nothing_behind_the_leaving_word_is_heard() {
        let mut session = Session::default();
        assert_eq!(hear(&mut session, " SALIR "), Some(Action::Leave));
        assert_eq!(hear(&mut session, "otra cosa"), None);
        assert_eq!(hear(&mut session, "salir"), None);
        assert_eq!(session.line(Line::TooLong), None);
    }

    #[test]
    fn r3_2_a_line_that_contains_the_word_is_said() {
        let mut session = Session::default();
        let said = hear(&mut session, "no quiero salir");
        assert_eq!(said, Some(Action::Say("no quiero salir".into())));
    }
}
