//! The text protocol of NATS.

use memchr::memrchr;

use super::{Dialect, Event, Frame, Frames, Login, Stage, Web, Who, garbage, line, number, put};

/// NATS client: connects without echo, subscribes to `carga.ROOM` and publishes there.
#[derive(Debug)]
pub(crate) struct Nats {
    login: Option<Login>,
}

/// Stage that waits for the PONG that confirms the subscription.
const SUBSCRIBING: Stage = Stage::Answered(1);

/// The longest line of a server, in bytes: its INFO, which names all other servers of a cluster.
const LONGEST_LINE: usize = 1 << 16;

/// A client's introduction, but for its login and its end.
const CONNECT: &str = concat!(
    r#"CONNECT {"verbose":false,"pedantic":false,"echo":false,"protocol":1,"headers":false,"#,
    r#""lang":"chat-loadgen","version":""#,
    env!("CARGO_PKG_VERSION"),
    "\""
);

impl Nats {
    /// A client with this login.
    pub(crate) fn new(login: Option<Login>) -> Self {
        Self { login }
    }

    /// The login in a CONNECT. A password without a user is a token.
    fn credentials(&self) -> String {
        let Some(login) = &self.login else { return String::new() };
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let password = quoted(login.password());
        match login.user() {
            Some(user) => format!(r#","user":{},"pass":{password}"#, quoted(user)),
            None => format!(r#","auth_token":{password}"#),
        }
    }

    /// Answers a server's first words; it repeats them when its cluster changes.
    fn introduce(&self, who: &Who, stage: &mut Stage, answer: &mut Vec<u8>) {
        if *stage != Stage::Greeted {
            return;
        }
        put(answer, format_args!("{CONNECT}{}}}\r\n", self.credentials()));
        if let Some(room) = who.room {
            put(answer, format_args!("SUB carga.{room} 1\r\n"));
        }
        answer.extend_from_slice(b"PING\r\n");
        *stage = SUBSCRIBING;
    }
}

impl Dialect for Nats {
    fn has_rooms(&self) -> bool {
        true
    }

    fn has_idlers(&self) -> bool {
        true
    }

    fn web(&self) -> Option<Web<'_>> {
        Some(Web { frames: Frames::Bytes, subprotocol: None })
    }

    fn greets_before_tls(&self) -> bool {
        true
    }

    fn longest(&self) -> usize {
        crate::wire::payload::LONGEST
    }

    fn secret(&self) -> Option<&str> {
        self.login.as_ref().map(Login::password)
    }

    fn hello(&self, _: &Who, _: &mut Vec<u8>) -> Stage {
        Stage::Greeted
    }

    #[inline]
    fn read<'a>(
        &self,
        who: &Who,
        stage: &mut Stage,
        input: &'a [u8],
        answer: &mut Vec<u8>,
    ) -> Option<Frame<'a>> {
        let Some((text, length)) = line(input) else {
            return (input.len() > LONGEST_LINE).then(|| garbage(input));
        };
        if text.starts_with(b"MSG ") {
            return message(input, text, length);
        }
        let event = match text.split(|byte| *byte == b' ').next() {
            Some(b"INFO") => {
                self.introduce(who, stage, answer);
                Event::Routine
            }
            Some(b"PING") => {
                answer.extend_from_slice(b"PONG\r\n");
                Event::Routine
            }
            Some(b"PONG") => {
                if *stage == SUBSCRIBING {
                    *stage = Stage::Ready;
                }
                Event::Routine
            }
            Some(b"+OK") => Event::Routine,
            Some(b"-ERR") => Event::Refused(text),
            _ => return Some(garbage(input)),
        };
        Some(Frame { length, event })
    }

    fn say(&self, who: &Who, text: &[u8], out: &mut Vec<u8>) {
        let Some(room) = who.room else { return };
        put(out, format_args!("PUB carga.{room} {}\r\n", text.len()));
        out.extend_from_slice(text);
        out.extend_from_slice(b"\r\n");
    }

    fn bye(&self, _: &mut Vec<u8>) {}
}

/// `MSG SUBJECT SID [REPLY-TO] LENGTH`, the payload, CRLF.
#[inline]
fn message<'a>(input: &'a [u8], head: &[u8], start: usize) -> Option<Frame<'a>> {
    let digits = memrchr(b' ', head).map_or(head, |blank| &head[blank + 1..]);
    let Some(size) = number(digits) else { return Some(garbage(input)) };
    let end = start + size;
    let tail = input.get(end..end + 2)?;
    if tail != b"\r\n" {
        return Some(garbage(input));
    }
    Some(Frame { length: end + 2, event: Event::Said(&input[start..end]) })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Heard, hear, hear_as, hello, who};
    use super::*;

    fn nats() -> Nats {
        Nats::new(None)
    }

    const INFO: &str = "INFO {\"server_id\":\"A\",\"max_payload\":1048576} \r\n";

    #[test]
    fn a_client_subscribes_and_hears() {
        assert_eq!(hello(&nats(), Some(3)), "");
        assert_eq!(hear(&nats(), INFO.as_bytes()).stage, SUBSCRIBING);
        let talk =
            "PONG\r\nMSG carga.3 1 5\r\n{\r\n1}\r\nPING\r\nMSG carga.3 1 to 0\r\n\r\n+OK\r\n";
        let Heard { stage, answers, events } =
            hear(&nats(), [INFO, INFO, talk].concat().as_bytes());
        assert_eq!(stage, Stage::Ready);
        let connect = format!("{CONNECT}}}\r\n");
        assert_eq!(answers, format!("{connect}SUB carga.3 1\r\nPING\r\nPONG\r\n"));
        assert_eq!(events[2..], ["routine", "said {\r\n1}", "routine", "said ", "routine"]);
    }

    #[test]
    fn an_idle_client_subscribes_to_nothing() {
        let heard = hear_as(&who(None), &nats(), [INFO, "PONG\r\n"].concat().as_bytes());
        assert!(heard.answers.ends_with("\"}\r\nPING\r\n"), "{}", heard.answers);
        assert_eq!(heard.stage, Stage::Ready);
    }

    #[test]
    fn what_a_client_says_has_its_length_before_it() {
        let mut out = Vec::new();
        nats().say(&who(Some(3)), b"{1}", &mut out);
        assert_eq!(out, b"PUB carga.3 3\r\n{1}\r\n");
        assert!(
            serde_json::from_str::<serde_json::Value>(&format!(
                "{}}}",
                &CONNECT["CONNECT ".len()..]
            ))
            .is_ok()
        );
    }

    #[test]
    fn errors_are_refused_and_nonsense_is_garbage() {
        let heard = hear(&nats(), b"-ERR 'Authorization Violation'\r\n");
        assert_eq!(heard.events, ["refused -ERR 'Authorization Violation'"]);
        for nonsense in ["HELLO\r\n", "\r\n", "MSG a 1 -1\r\n", "MSG \r\n", "MSG a 1 9999999\r\n"] {
            let stage = &mut Stage::Ready;
            let frame = nats().read(&who(None), stage, nonsense.as_bytes(), &mut Vec::new());
            assert_eq!(frame, Some(garbage(nonsense.as_bytes())));
        }
        let unfinished =
            nats().read(&who(None), &mut Stage::Ready, b"MSG a 1 1\r\nxyz", &mut vec![]);
        assert!(matches!(unfinished.map(|frame| frame.event), Some(Event::Garbage(_))));
        let endless = vec![b'x'; LONGEST_LINE + 1];
        assert!(nats().read(&who(None), &mut Stage::Ready, &endless, &mut vec![]).is_some());
    }
}
