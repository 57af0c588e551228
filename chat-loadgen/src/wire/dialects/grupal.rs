//! This project's chat with rooms and commands.

use chat_protocol::language::Language;
use chat_protocol::name::Name;
use chat_protocol::wording::NOTICE;
use xxhash_rust::xxh3::xxh3_64;

use super::sala::{answer_keyword, judge};
use super::{Dialect, Frame, Stage, Web, Who, line, put};

/// As `sala`; then all clients go to a room of the run's own, away from the room in which people
/// begin and its notices.
#[derive(Debug)]
pub(crate) struct Grupal;

/// Number of rooms over which the clients are spread that take no part.
///
/// Every arrival is announced to all members of the room. In one room, ten thousand idle clients
/// would get fifty million such notices; a room for each is more than a server has (1000 unless
/// told otherwise). So many leave three quarters of them free.
const WAITING_ROOMS: u64 = 250;

/// Stage after the name and the request for a room were sent.
const ON_THE_WAY: Stage = Stage::Answered(1);

impl Dialect for Grupal {
    fn has_rooms(&self) -> bool {
        true
    }

    fn has_idlers(&self) -> bool {
        true
    }

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
        match *stage {
            Stage::Greeted if answer_keyword(who, text, answer) => {
                put(answer, format_args!("/sala {}\n", room(who)));
                *stage = ON_THE_WAY;
            }
            ON_THE_WAY if has_arrived(who, text) => *stage = Stage::Ready,
            _ => {}
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

/// The room a client belongs into.
fn room(who: &Who) -> String {
    match who.room {
        Some(room) => format!("carga-{room}"),
        None => format!("espera-{}", xxh3_64(who.name.as_bytes()) % WAITING_ROOMS),
    }
}

/// Returns whether this line confirms that the client is in the room that it asked for.
fn has_arrived(who: &Who, text: &[u8]) -> bool {
    let arrives = |room: Name| {
        let is_notice =
            |language: &Language| language.you_are_in(&room).to_string().as_bytes() == text;
        Language::ALL.iter().any(is_notice)
    };
    text.starts_with(NOTICE.as_bytes()) && room(who).parse().is_ok_and(arrives)
}

#[cfg(test)]
mod tests {
    use chat_protocol::refusal::Refusal;
    use chat_protocol::wording::NAME_KEYWORD;

    use super::super::tests::{Heard, hear, hear_as, who};
    use super::*;

    #[test]
    fn a_client_goes_to_its_room_and_waits_until_it_is_there() {
        let room = "carga-3".parse().expect("a name");
        let greeting = Language::Es.greeting();
        let on_the_way = format!("{greeting}\n{NAME_KEYWORD}\n* Ana se ha unido\nAna > {{0}}\n");
        let heard = hear(&Grupal, on_the_way.as_bytes());
        assert_eq!(heard.stage, ON_THE_WAY);
        let talk = format!("{on_the_way}{}\nAna > {{1}}\n", Language::Es.you_are_in(&room));
        let Heard { stage, answers, events } = hear(&Grupal, talk.as_bytes());
        assert_eq!(stage, Stage::Ready);
        assert_eq!(answers, "c-17\n/sala carga-3\n");
        assert_eq!(
            events[3..],
            ["said Ana > {0}", "other * estás en la sala carga-3", "said Ana > {1}"]
        );
    }

    #[test]
    fn an_idle_client_goes_to_a_room_apart() {
        let talk = format!("{}\n{NAME_KEYWORD}\n", Language::Es.greeting());
        let heard = hear_as(&who(None), &Grupal, talk.as_bytes());
        assert_eq!(heard.answers, "c-17\n/sala espera-122\n");
    }

    #[test]
    fn a_room_too_many_is_refused() {
        let talk =
            format!("{NAME_KEYWORD}\n{}\n", Language::Es.refusal(&Refusal::TooManyRooms(1000)));
        let heard = hear(&Grupal, talk.as_bytes());
        assert_eq!(heard.events[1], "refused ! no caben más salas (máximo 1000)");
        assert_eq!(heard.stage, ON_THE_WAY);
    }
}
