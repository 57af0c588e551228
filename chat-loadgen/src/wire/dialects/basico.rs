//! This project's chat without names, and any server that passes on lines.

use super::{Dialect, Event, Frame, Stage, Web, Who, line};

/// Lines, nothing asked, nothing answered: `usuario PORT: TEXT`, or the bare text.
#[derive(Debug)]
pub(crate) struct Basico;

impl Dialect for Basico {
    fn web(&self) -> Option<Web<'_>> {
        Some(Web::CHAT)
    }

    fn longest(&self) -> usize {
        chat_protocol::limits::MAX_LINE
    }

    fn hello(&self, _: &Who, _: &mut Vec<u8>) -> Stage {
        Stage::Ready
    }

    fn read<'a>(
        &self,
        _: &Who,
        _: &mut Stage,
        input: &'a [u8],
        _: &mut Vec<u8>,
    ) -> Option<Frame<'a>> {
        let (text, length) = line(input)?;
        let event = match text {
            [b'!', b' ', ..] => Event::Refused(text),
            _ if is_said(text) => Event::Said(text),
            _ => Event::Other(text),
        };
        Some(Frame { length, event })
    }

    fn say(&self, _: &Who, text: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(text);
        out.push(b'\n');
    }

    fn bye(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"salir\n");
    }
}

/// Returns whether a line begins with `usuario PORT: `, or with `usuario PORT-NUMBER: ` as for a second
/// client with this port.
fn is_said(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"usuario ") else { return false };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match &rest[digits..] {
        [b':', b' ', ..] => digits > 0,
        [b'-', number @ ..] => digits > 0 && is_second(number),
        _ => false,
    }
}

/// Returns whether a label goes on with `NUMBER: `.
#[cold]
fn is_second(rest: &[u8]) -> bool {
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    digits > 0 && rest[digits..].starts_with(b": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &[u8]) -> Option<Event<'_>> {
        let who = Who { name: "c-1".into(), room: Some(0) };
        Basico.read(&who, &mut Stage::Ready, input, &mut Vec::new()).map(|frame| frame.event)
    }

    #[test]
    fn lines_are_told_apart() {
        assert_eq!(read(b"usuario 5: {x}\r\nmore"), Some(Event::Said(b"usuario 5: {x}")));
        assert_eq!(read(b"usuario 5-2: x\n"), Some(Event::Said(b"usuario 5-2: x")));
        for notice in
            [&b"usuario 5-: x"[..], b"bienvenido", b"usuario 5 se ha conectado", b"usuario : x"]
        {
            assert_eq!(read(&[notice, b"\n"].concat()), Some(Event::Other(notice)));
        }
        assert_eq!(read(b"! servidor lleno\n"), Some(Event::Refused(b"! servidor lleno")));
        assert_eq!(read(b"usuario 5: {x}"), None);
    }
}
