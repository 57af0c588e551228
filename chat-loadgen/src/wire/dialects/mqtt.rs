//! MQTT 5 at quality of service 0.

use super::{Dialect, Event, Frame, Frames, Login, MAX_PAYLOAD, Stage, Web, Who, garbage, put};

/// Subscribes to the topic `carga/ROOM` so that a sender does not hear itself, and publishes there.
#[derive(Debug)]
pub(crate) struct Mqtt {
    /// Number in the client identifiers that keeps two generators apart: of two clients with one
    /// identifier, a server disconnects the first.
    process: u32,
    login: Option<Login>,
}

/// Stage that waits for the answer to SUBSCRIBE.
const SUBSCRIBING: Stage = Stage::Answered(1);

const CONNECT: u8 = 0x10;
const CONNACK: u8 = 0x20;
const PUBLISH: u8 = 0x30;
/// First byte of a retained PUBLISH: a message kept for later subscribers.
const RETAINED: u8 = 0x31;
const SUBSCRIBE: u8 = 0x82;
const SUBACK: u8 = 0x90;
const PINGRESP: u8 = 0xd0;
const DISCONNECT: u8 = 0xe0;
/// Protocol name and version 5.
const CONNECT_HEAD: &[u8] = b"\0\x04MQTT\x05";
/// Flags of a CONNECT: a clean start, a password, a user.
const CLEAN_START: u8 = 0x02;
const PASSWORD: u8 = 0x40;
const USER: u8 = 0x80;
/// What follows the flags: no keep-alive, no properties.
const CONNECT_TAIL: &[u8] = b"\0\0\0";
/// A subscription's number and its properties: none.
const SUBSCRIBE_HEAD: &[u8] = b"\0\x01\0";
/// A subscription's options: quality of service 0, no local, no retained messages.
const NO_LOCAL: u8 = 0x24;
const TOPIC: &str = "carga/";

/// Error: the bytes can never become a valid packet.
struct Malformed;

impl Mqtt {
    /// A generator of its own, whose clients have this login.
    pub(crate) fn new(login: Option<Login>) -> Self {
        Self { process: rand::random(), login }
    }
}

impl Dialect for Mqtt {
    fn has_rooms(&self) -> bool {
        true
    }

    fn has_idlers(&self) -> bool {
        true
    }

    fn web(&self) -> Option<Web<'_>> {
        Some(Web { frames: Frames::Bytes, subprotocol: Some("mqtt") })
    }

    fn longest(&self) -> usize {
        crate::wire::payload::LONGEST
    }

    fn secret(&self) -> Option<&str> {
        self.login.as_ref().map(Login::password)
    }

    fn hello(&self, who: &Who, out: &mut Vec<u8>) -> Stage {
        let id = format!("{}-{:08x}", who.name, self.process);
        let user = self.login.as_ref().and_then(Login::user);
        let password = self.login.as_ref().map(Login::password);
        let flags = CLEAN_START
            | if user.is_some() { USER } else { 0 }
            | if password.is_some() { PASSWORD } else { 0 };
        let strings = [Some(&*id), user, password];
        let length: usize = strings.iter().flatten().map(|string| 2 + string.len()).sum();
        out.push(CONNECT);
        put_length(CONNECT_HEAD.len() + 1 + CONNECT_TAIL.len() + length, out);
        out.extend_from_slice(CONNECT_HEAD);
        out.push(flags);
        out.extend_from_slice(CONNECT_TAIL);
        for string in strings.into_iter().flatten() {
            put_size(string.len(), out);
            out.extend_from_slice(string.as_bytes());
        }
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
        let (start, length) = match extent(input) {
            Ok(found) => found?,
            Err(Malformed) => return Some(garbage(input)),
        };
        let body = &input[start..length];
        let event = match input[0] {
            PUBLISH | RETAINED => payload(body).map(Event::Said),
            kind => handle_packet(kind, body, who, stage, answer),
        };
        Some(event.map_or_else(|| garbage(input), |event| Frame { length, event }))
    }

    fn say(&self, who: &Who, text: &[u8], out: &mut Vec<u8>) {
        let Some(room) = who.room else { return };
        out.push(PUBLISH);
        let topic = Topic(room);
        put_length(2 + topic.length() + 1 + text.len(), out);
        topic.put(out);
        // No properties.
        out.push(0);
        out.extend_from_slice(text);
    }

    fn bye(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[DISCONNECT, 0]);
    }
}

/// The topic of a room.
struct Topic(u32);

impl Topic {
    fn length(&self) -> usize {
        TOPIC.len() + self.0.checked_ilog10().unwrap_or(0) as usize + 1
    }

    /// Appends the topic with its length before it.
    fn put(&self, out: &mut Vec<u8>) {
        put_size(self.length(), out);
        put(out, format_args!("{TOPIC}{}", self.0));
    }
}

/// Byte range of a packet's body: its start and end, once all of it is there.
#[inline]
fn extent(input: &[u8]) -> Result<Option<(usize, usize)>, Malformed> {
    // The type is checked at once: waiting for the length behind it could take forever.
    match input.first() {
        None => return Ok(None),
        Some(&(CONNACK | PUBLISH | RETAINED | SUBACK | PINGRESP | DISCONNECT)) => {}
        Some(_) => return Err(Malformed),
    }
    let Some((size, start)) = length(input, 1)? else { return Ok(None) };
    let end = start + size;
    if size > MAX_PAYLOAD {
        Err(Malformed)
    } else {
        Ok((end <= input.len()).then_some((start, end)))
    }
}

/// Decodes a length of one to four bytes at this place. Gives it, and the place behind it.
#[inline]
fn length(input: &[u8], at: usize) -> Result<Option<(usize, usize)>, Malformed> {
    let mut length = 0;
    for i in 0..4 {
        let Some(byte) = input.get(at + i) else { return Ok(None) };
        length |= usize::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            return Ok(Some((length, at + i + 1)));
        }
    }
    Err(Malformed)
}

/// Payload of a publication: the bytes after its topic and properties.
#[inline]
fn payload(body: &[u8]) -> Option<&[u8]> {
    let (topic, _) = body.split_first_chunk()?;
    let properties = 2 + usize::from(u16::from_be_bytes(*topic));
    let (size, start) = length(body, properties).ok()??;
    body.get(start + size..)
}

/// Handles a packet that is no message, and answers it; nothing for one that should not have come.
fn handle_packet<'a>(
    kind: u8,
    body: &'a [u8],
    who: &Who,
    stage: &mut Stage,
    answer: &mut Vec<u8>,
) -> Option<Event<'a>> {
    let code = match (kind, *stage) {
        (CONNACK, Stage::Greeted) => *body.get(1)?,
        // The codes stand at the end: one for each subscription.
        (SUBACK, SUBSCRIBING) => *body.last()?,
        (DISCONNECT, _) => return Some(Event::Refused(reason(*body.first().unwrap_or(&0)))),
        (PINGRESP, _) => return Some(Event::Routine),
        _ => return None,
    };
    if code >= 0x80 || kind == CONNACK && code > 0 {
        return Some(Event::Refused(reason(code)));
    }
    *stage = match (kind, who.room) {
        (CONNACK, Some(room)) => {
            put_subscribe(&Topic(room), answer);
            SUBSCRIBING
        }
        _ => Stage::Ready,
    };
    Some(Event::Routine)
}

fn put_subscribe(topic: &Topic, out: &mut Vec<u8>) {
    out.push(SUBSCRIBE);
    put_length(SUBSCRIBE_HEAD.len() + 2 + topic.length() + 1, out);
    out.extend_from_slice(SUBSCRIBE_HEAD);
    topic.put(out);
    out.push(NO_LOCAL);
}

/// Appends the length of the string that follows, in two bytes.
fn put_size(size: usize, out: &mut Vec<u8>) {
    let [low, high, ..] = size.to_le_bytes();
    out.extend_from_slice(&[high, low]);
}

/// Appends a packet's length, seven bits a byte.
fn put_length(mut length: usize, out: &mut Vec<u8>) {
    while length > 0x7f {
        let [low, ..] = length.to_le_bytes();
        out.push(0x80 | low);
        length >>= 7;
    }
    let [low, ..] = length.to_le_bytes();
    out.push(low);
}

/// Text for a reason code.
fn reason(code: u8) -> &'static [u8] {
    match code {
        0x00 => b"disconnected",
        0x01 | 0x84 => b"protocol version not supported",
        0x81 => b"malformed packet",
        0x82 => b"protocol error",
        0x85 => b"client identifier not valid",
        0x86 => b"bad user name or password",
        0x87 => b"not authorized",
        0x88 => b"server unavailable",
        0x89 => b"server busy",
        0x8b => b"server shutting down",
        0x8e => b"session taken over",
        0x8f => b"topic filter not valid",
        0x95 => b"packet too large",
        0x96 => b"message rate too high",
        0x97 => b"quota exceeded",
        0x9f => b"connection rate exceeded",
        _ => b"refused for another reason of MQTT's list",
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Heard, hear, hear_as, hello, who};
    use super::*;

    /// Accepted, with one property.
    const ACCEPTED: &[u8] = &[0x20, 6, 0, 0, 3, 0x22, 0, 10];
    const SUBSCRIBED: &[u8] = &[0x90, 4, 0, 1, 0, 0];

    fn mqtt() -> Mqtt {
        Mqtt { process: 0xab, login: None }
    }

    fn publication(properties: &[u8], text: &[u8]) -> Vec<u8> {
        let mut out = vec![PUBLISH];
        put_length(2 + 7 + 1 + properties.len() + text.len(), &mut out);
        out.extend_from_slice(b"\0\x07carga/3");
        put_length(properties.len(), &mut out);
        [out.as_slice(), properties, text].concat()
    }

    #[test]
    fn a_client_connects_subscribes_and_hears() {
        assert_eq!(hello(&mqtt(), Some(3)), "\x10\x1a\0\x04MQTT\x05\x02\0\0\0\0\x0dc-17-000000ab");
        assert_eq!(hear(&mqtt(), ACCEPTED).stage, SUBSCRIBING);
        let long = "x".repeat(300);
        let talk = [
            ACCEPTED,
            SUBSCRIBED,
            &publication(b"", b"{1}"),
            &publication(&[1, 0], long.as_bytes()),
            &[PINGRESP, 0],
        ];
        let Heard { stage, answers, events } = hear(&mqtt(), &talk.concat());
        assert_eq!(stage, Stage::Ready);
        assert_eq!(answers, "\u{fffd}\x0d\0\x01\0\0\x07carga/3$");
        assert_eq!(events[2..], ["said {1}", &format!("said {long}"), "routine"]);
    }

    #[test]
    fn an_idle_client_subscribes_to_nothing() {
        let heard = hear_as(&who(None), &mqtt(), ACCEPTED);
        assert_eq!((heard.stage, heard.answers.as_str()), (Stage::Ready, ""));
    }

    #[test]
    fn what_is_said_is_what_a_server_passes_on() {
        for size in [3, 200, 20_000] {
            let (mut out, text) = (Vec::new(), vec![b'x'; size]);
            mqtt().say(&who(Some(3)), &text, &mut out);
            assert_eq!(out, publication(b"", &text));
        }
        assert_ne!(
            Mqtt::new(None).process,
            Mqtt::new(None).process,
            "by chance: once in four billion"
        );
    }

    #[test]
    fn a_topic_is_as_long_as_it_says() {
        for room in [0, 9, 10, u32::MAX] {
            let mut out = Vec::new();
            Topic(room).put(&mut out);
            assert_eq!(usize::from(out[1]), out.len() - 2);
        }
    }

    #[test]
    fn refusals_have_words() {
        let refused = |talk: &[u8]| hear(&mqtt(), talk).events.pop().expect("an event");
        assert_eq!(refused(&[0x20, 3, 0, 0x87, 0]), "refused not authorized");
        assert_eq!(refused(&[0x20, 2, 0, 1]), "refused protocol version not supported");
        let taken_over = [ACCEPTED, &[0xe0, 2, 0x8e, 0]].concat();
        assert_eq!(refused(&taken_over), "refused session taken over");
        let no_topic = [ACCEPTED, &[0x90, 4, 0, 1, 0, 0x8f]].concat();
        assert_eq!(refused(&no_topic), "refused topic filter not valid");
    }

    #[test]
    fn nonsense_is_refused() {
        for nonsense in [
            &[0x30, 0xff, 0xff, 0xff, 0xff][..],
            &[0x30, 0xff, 0xff, 0xff, 0x7f],
            &[0x30, 0],
            &[0x30, 3, 0, 9, 0],
            &[0x30, 5, 0, 1, b'x', 9, 0],
            &[0x32, 5, 0, 1, b'x', 0, 0],
            &[0x20, 0],
            &[0x90, 4, 0, 1, 0, 0],
            b"hello, who is there?",
        ] {
            let frame = mqtt().read(&who(Some(3)), &mut Stage::Greeted, nonsense, &mut Vec::new());
            assert_eq!(frame, Some(garbage(nonsense)), "{nonsense:?}");
        }
    }
}
