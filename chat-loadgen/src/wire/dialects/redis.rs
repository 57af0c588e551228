//! Publish and subscribe in Redis, by RESP3: there one connection can do both.

use super::{Dialect, Event, Frame, Login, MAX_PAYLOAD, Stage, Who, garbage, line, number, put};

/// Redis client: subscribes to the channel `carga-ROOM` and publishes there.
#[derive(Debug)]
pub(crate) struct Redis {
    login: Option<Login>,
}

/// The user of a client that gives only a password.
const DEFAULT_USER: &str = "default";

/// First bytes of a message: a push of three, the first of them this word.
const MESSAGE: &[u8] = b">3\r\n$7\r\nmessage\r\n";
/// First bytes of the answer to SUBSCRIBE.
const SUBSCRIBED: &[u8] = b">3\r\n$9\r\nsubscribe\r\n";

/// The longest line of a server, in bytes, that is not a payload.
const LONGEST_LINE: usize = 1 << 16;

/// Error: the bytes can never become a valid value.
struct Malformed;

impl Redis {
    /// A client with this login.
    pub(crate) fn new(login: Option<Login>) -> Self {
        Self { login }
    }
}

impl Dialect for Redis {
    fn echoes(&self) -> bool {
        true
    }

    fn has_rooms(&self) -> bool {
        true
    }

    fn has_idlers(&self) -> bool {
        true
    }

    fn longest(&self) -> usize {
        crate::wire::payload::LONGEST
    }

    fn secret(&self) -> Option<&str> {
        self.login.as_ref().map(Login::password)
    }

    fn hello(&self, who: &Who, out: &mut Vec<u8>) -> Stage {
        let words = if self.login.is_some() { 5 } else { 2 };
        put(out, format_args!("*{words}\r\n$5\r\nHELLO\r\n$1\r\n3\r\n"));
        if let Some(login) = &self.login {
            let (user, password) = (login.user().unwrap_or(DEFAULT_USER), login.password());
            put(out, format_args!("$4\r\nAUTH\r\n${}\r\n{user}\r\n", user.len()));
            put(out, format_args!("${}\r\n{password}\r\n", password.len()));
        }
        if let Some(room) = who.room {
            out.extend_from_slice(b"*2\r\n$9\r\nSUBSCRIBE\r\n");
            put_channel(room, out);
        }
        Stage::Greeted
    }

    #[inline]
    fn read<'a>(
        &self,
        who: &Who,
        stage: &mut Stage,
        input: &'a [u8],
        _: &mut Vec<u8>,
    ) -> Option<Frame<'a>> {
        if input.starts_with(MESSAGE) {
            return message(input).unwrap_or_else(|Malformed| Some(garbage(input)));
        }
        let Ok(length) = value(input) else { return Some(garbage(input)) };
        let length = length?;
        let text = input[..length].trim_ascii_end();
        let event = match input[0] {
            b'-' | b'!' => Event::Refused(text),
            b'>' if !input.starts_with(SUBSCRIBED) => Event::Other(text),
            _ => Event::Routine,
        };
        // A client that subscribes to nothing has all it wants with the answer to its HELLO.
        let greeted = who.room.is_none() && input[0] == b'%';
        if greeted || input.starts_with(SUBSCRIBED) {
            *stage = Stage::Ready;
        }
        Some(Frame { length, event })
    }

    fn say(&self, who: &Who, text: &[u8], out: &mut Vec<u8>) {
        let Some(room) = who.room else { return };
        out.extend_from_slice(b"*3\r\n$7\r\nPUBLISH\r\n");
        put_channel(room, out);
        put(out, format_args!("${}\r\n", text.len()));
        out.extend_from_slice(text);
        out.extend_from_slice(b"\r\n");
    }

    fn bye(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"*1\r\n$4\r\nQUIT\r\n");
    }
}

fn put_channel(room: u32, out: &mut Vec<u8>) {
    let digits = room.checked_ilog10().unwrap_or(0) + 1;
    put(out, format_args!("${}\r\ncarga-{room}\r\n", "carga-".len() + digits as usize));
}

/// A message: its channel, its payload.
#[inline]
fn message(input: &[u8]) -> Result<Option<Frame<'_>>, Malformed> {
    let Some((_, start)) = bulk(input, MESSAGE.len())? else { return Ok(None) };
    let Some((text, length)) = bulk(input, start)? else { return Ok(None) };
    Ok(Some(Frame { length, event: Event::Said(text) }))
}

/// The string at this place, after its length, and the place where it ends.
#[inline]
fn bulk(input: &[u8], at: usize) -> Result<Option<(&[u8], usize)>, Malformed> {
    let Some((head, start)) = header(input, at)? else { return Ok(None) };
    let [b'$', digits @ ..] = head else { return Err(Malformed) };
    let end = start + number(digits).ok_or(Malformed)?;
    match input.get(end..end + 2) {
        Some(b"\r\n") => Ok(Some((&input[start..end], end + 2))),
        Some(_) => Err(Malformed),
        None => Ok(None),
    }
}

/// The line at this place, and where the next one begins.
#[inline]
fn header(input: &[u8], at: usize) -> Result<Option<(&[u8], usize)>, Malformed> {
    let rest = &input[at..];
    match line(rest) {
        Some((text, length)) => Ok(Some((text, at + length))),
        None if rest.len() > LONGEST_LINE => Err(Malformed),
        None => Ok(None),
    }
}

/// Length of the first value of the input, however deeply it is nested.
fn value(input: &[u8]) -> Result<Option<usize>, Malformed> {
    let (mut at, mut due) = (0, 1);
    while due > 0 {
        let Some((head, next)) = header(input, at)? else { return Ok(None) };
        let [kind, rest @ ..] = head else { return Err(Malformed) };
        due -= 1;
        at = match kind {
            b'+' | b'-' | b':' | b'_' | b'#' | b',' | b'(' => next,
            // What is not there has this length.
            b'$' | b'*' if rest == b"-1" => next,
            b'$' | b'!' | b'=' => {
                let end = next + number(rest).ok_or(Malformed)? + 2;
                if end > input.len() {
                    return Ok(None);
                }
                end
            }
            b'*' | b'~' | b'>' | b'%' | b'|' => {
                due += parts(*kind, number(rest).ok_or(Malformed)?);
                next
            }
            _ => return Err(Malformed),
        };
        if due > MAX_PAYLOAD {
            return Err(Malformed);
        }
    }
    Ok(Some(at))
}

/// Number of values that belong to one of this kind and size. An attribute comes before a value.
fn parts(kind: u8, size: usize) -> usize {
    match kind {
        b'%' => 2 * size,
        b'|' => 2 * size + 1,
        _ => size,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Heard, hear, hear_as, hello, who};
    use super::*;

    const REDIS: Redis = Redis { login: None };

    const HELLO: &str = "%3\r\n$6\r\nserver\r\n$5\r\nredis\r\n$5\r\nproto\r\n:3\r\n\
        $7\r\nmodules\r\n*0\r\n";
    const SUBSCRIPTION: &str = ">3\r\n$9\r\nsubscribe\r\n$7\r\ncarga-3\r\n:1\r\n";
    const TALK: &str = ">3\r\n$7\r\nmessage\r\n$7\r\ncarga-3\r\n$5\r\n{\r\n1}\r\n:3\r\n";

    #[test]
    fn a_client_subscribes_and_hears() {
        assert_eq!(
            hello(&REDIS, Some(3)),
            "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n*2\r\n$9\r\nSUBSCRIBE\r\n$7\r\ncarga-3\r\n"
        );
        assert_eq!(hear(&REDIS, HELLO.as_bytes()).stage, Stage::Greeted);
        let Heard { stage, events, .. } =
            hear(&REDIS, [HELLO, SUBSCRIPTION, TALK].concat().as_bytes());
        assert_eq!(stage, Stage::Ready);
        assert_eq!(events.len(), 4);
        assert_eq!(events[2..], ["said {\r\n1}", "routine"]);
    }

    #[test]
    fn an_idle_client_is_content_with_a_greeting() {
        let heard = hear_as(&who(None), &REDIS, HELLO.as_bytes());
        assert_eq!(heard.stage, Stage::Ready);
        assert_eq!(hello(&REDIS, None), "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n");
    }

    #[test]
    fn a_channel_has_the_length_that_is_said_of_it() {
        for room in [0, 9, 10, 4_294_967_295] {
            let mut out = Vec::new();
            put_channel(room, &mut out);
            let channel = bulk(&out, 0).ok().flatten().expect("a string");
            assert_eq!(channel, (format!("carga-{room}").as_bytes(), out.len()));
        }
    }

    #[test]
    fn every_kind_of_value_ends_where_it_ends() {
        for whole in [
            "$-1\r\n",
            "_\r\n",
            "*-1\r\n",
            "#t\r\n",
            ",1.5\r\n",
            "(123\r\n",
            "=5\r\ntxt:a\r\n",
            "~1\r\n+a\r\n",
            "*2\r\n*1\r\n:1\r\n%1\r\n+a\r\n+b\r\n",
            "|1\r\n+a\r\n+b\r\n:1\r\n",
        ] {
            let heard = hear(&REDIS, [whole, whole].concat().as_bytes());
            assert_eq!(heard.events, ["routine", "routine"]);
        }
    }

    #[test]
    fn errors_are_refused_and_nonsense_is_garbage() {
        let heard = hear(&REDIS, b"-NOAUTH no\r\n!3\r\nbad\r\n");
        assert_eq!(heard.events, ["refused -NOAUTH no", "refused !3\r\nbad"]);
        for nonsense in [
            "hello\r\n",
            "\r\n",
            "$x\r\n",
            "$-2\r\n",
            "*9999999999\r\n",
            "%4194304\r\n",
            ">3\r\n$7\r\nmessage\r\n:1\r\n",
            ">3\r\n$7\r\nmessage\r\n$1\r\nabc",
        ] {
            let frame = REDIS.read(&who(None), &mut Stage::Ready, nonsense.as_bytes(), &mut vec![]);
            assert_eq!(frame, Some(garbage(nonsense.as_bytes())), "{nonsense}");
        }
    }
}
