//! This project's chat, with a session for each client: it takes objects, numbers its lines, and comes back by a
//! token when it was cut off.

use memchr::{memchr, memmem};

use super::grupal::Grupal;
use super::{Dialect, Event, Frame, Seam, Stage, Web, Who, garbage, line, put};

/// As `grupal`; then each client begins a session in its room.
#[derive(Debug)]
pub(crate) struct Sessions;

/// Stage after the session was asked for.
const ASKED: Stage = Stage::Answered(2);
/// Stage of a client that has asked for its session on a new connection.
pub(crate) const RESUMING: Stage = Stage::Answered(3);

impl Dialect for Sessions {
    fn has_rooms(&self) -> bool {
        true
    }

    fn web(&self) -> Option<Web<'_>> {
        Grupal.web()
    }

    /// The number of a line stands in front of it, with a blank.
    fn longest(&self) -> usize {
        Grupal.longest() - "4294967295 ".len()
    }

    fn hello(&self, who: &Who, out: &mut Vec<u8>) -> Stage {
        Grupal.hello(who, out)
    }

    fn read<'a>(
        &self,
        who: &Who,
        stage: &mut Stage,
        input: &'a [u8],
        answer: &mut Vec<u8>,
    ) -> Option<Frame<'a>> {
        let (text, length) = line(input)?;
        if text.starts_with(b"{") {
            let event = object(text);
            if let Event::Session(Seam::Begun { .. } | Seam::Resumed(_)) = event {
                *stage = Stage::Ready;
            }
            return Some(Frame { length, event });
        }
        if *stage == Stage::Ready {
            return Some(garbage(&input[..length]));
        }
        let mut frame = Grupal.read(who, stage, input, answer)?;
        if *stage == Stage::Ready {
            answer.extend_from_slice(b"/reanudar\n");
            *stage = ASKED;
        } else if *stage == RESUMING && matches!(frame.event, Event::Other(_)) {
            // The greeting and the question for the name, once more.
            frame.event = Event::Routine;
        }
        Some(frame)
    }

    fn say(&self, who: &Who, text: &[u8], out: &mut Vec<u8>) {
        Grupal.say(who, text, out);
    }

    fn bye(&self, out: &mut Vec<u8>) {
        Grupal.bye(out);
    }
}

/// Appends what a client says on a new connection, in place of its name.
pub(crate) fn resume(token: &[u8], position: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(b"/reanudar ");
    out.extend_from_slice(token);
    out.push(b' ');
    out.extend_from_slice(position);
    out.push(b'\n');
}

/// Appends the number of a line, which stands in front of it.
pub(crate) fn number(number: u64, out: &mut Vec<u8>) {
    put(out, format_args!("{number} "));
}

/// The position of a message, if this line is the object of one.
pub(crate) fn position(object: &[u8]) -> Option<&[u8]> {
    if string(object, b"\"kind\":\"")? == b"message" {
        string(object, b"\"position\":\"")
    } else {
        None
    }
}

/// The meaning of an object. Quotes within its strings are escaped, so no text looks like a field.
fn object(line: &[u8]) -> Event<'_> {
    let number = |field| whole(line, field).map(Seam::Accepted);
    match string(line, b"\"kind\":\"") {
        Some(b"message") => match string(line, b"\"text\":\"") {
            Some(text) if memchr(b'\\', text).is_some() => Event::Escaped(text),
            Some(text) => Event::Said(text),
            None => Event::Garbage(line),
        },
        Some(b"accepted") => number(b"\"number\":").map_or(Event::Garbage(line), Event::Session),
        Some(b"resumed") => {
            let accepted = whole(line, b"\"accepted\":").map(Seam::Resumed);
            accepted.map_or(Event::Garbage(line), Event::Session)
        }
        Some(b"session") => {
            let begun = string(line, b"\"token\":\"").zip(string(line, b"\"position\":\""));
            let begun = begun.map(|(token, position)| Seam::Begun { token, position });
            begun.map_or(Event::Garbage(line), Event::Session)
        }
        Some(b"refusal") => Event::Refused(line),
        Some(b"alive") => Event::Routine,
        Some(_) => Event::Other(line),
        None => Event::Garbage(line),
    }
}

/// The string behind this beginning of a field, with its escapes.
fn string<'a>(line: &'a [u8], field: &[u8]) -> Option<&'a [u8]> {
    let rest = &line[memmem::find(line, field)? + field.len()..];
    let mut end = 0;
    loop {
        end += memchr::memchr2(b'"', b'\\', &rest[end..])?;
        if rest[end] == b'"' {
            return Some(&rest[..end]);
        }
        end += 2;
        if end > rest.len() {
            return None;
        }
    }
}

/// The whole number behind this beginning of a field.
fn whole(line: &[u8], field: &[u8]) -> Option<u64> {
    let rest = &line[memmem::find(line, field)? + field.len()..];
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use chat_protocol::language::Language;
    use chat_protocol::wording::NAME_KEYWORD;

    use super::super::tests::{hear, who};
    use super::*;

    const SESSION: &str = r#"{"kind":"session","time":1,"you":"c-17","room":"carga-3","people":["c-17"],"number":1,"token":"0a","id":"5.1","resume":600000,"position":"5.7"}"#;

    #[test]
    fn a_client_begins_a_session_in_its_room_and_takes_objects_from_there_on() {
        let room = "carga-3".parse().expect("a name");
        let talk = format!(
            "{NAME_KEYWORD}\n{}\n* eres c-17\n{SESSION}\n{}\n{}\n",
            Language::Es.you_are_in(&room),
            r#"{"kind":"message","time":1,"position":"5.8","who":"a","line":"5.2.1","text":"{0}"}"#,
            r#"{"kind":"accepted","time":1,"number":4}"#,
        );
        let heard = hear(&Sessions, talk.as_bytes());
        assert_eq!(heard.stage, Stage::Ready);
        assert_eq!(heard.answers, "c-17\n/sala carga-3\n/reanudar\n");
        assert_eq!(heard.events[4], "said {0}");
    }

    #[test]
    fn one_that_comes_back_is_asked_for_its_name_in_vain() {
        let (mut stage, mut answer) = (RESUMING, Vec::new());
        let talk = format!("{NAME_KEYWORD}\n");
        let who = who(Some(3));
        assert!(Sessions.read(&who, &mut stage, talk.as_bytes(), &mut answer).is_some());
        assert_eq!((stage, answer.len()), (RESUMING, 0));
        let back = b"{\"kind\":\"resumed\",\"time\":1,\"accepted\":12,\"you\":\"c-17\"}\n";
        let frame = Sessions.read(&who, &mut stage, back, &mut answer).expect("a line");
        assert_eq!((stage, frame.event), (Stage::Ready, Event::Session(Seam::Resumed(12))));
    }

    #[test]
    fn no_text_looks_like_a_field() {
        let line = br#"{"kind":"message","position":"5.8","text":"\"position\":\"9.9\\"}"#;
        assert_eq!(position(line), Some(&b"5.8"[..]));
        assert_eq!(object(line), Event::Escaped(br#"\"position\":\"9.9\\"#));
        assert_eq!(position(SESSION.as_bytes()), None);
        let torn = br#"{"kind":"message","text":"\"#;
        assert_eq!(object(torn), Event::Garbage(torn));
    }
}
