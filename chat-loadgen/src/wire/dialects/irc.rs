//! IRC (RFC 1459), as `InspIRCd` and `ngIRCd` speak it.

use memchr::memchr;

use super::{Dialect, Event, Frame, Login, Stage, Who, line, put};

/// IRC client: registers, joins `#carga-ROOM` and talks there.
#[derive(Debug)]
pub(crate) struct Irc {
    login: Option<Login>,
}

/// Stage after registration: waits for the channel's list of members, which ends a JOIN.
const JOINING: Stage = Stage::Answered(1);

/// Maximum length of a line in bytes, its CRLF included.
const LINE: usize = 512;
/// Maximum length of the prefix that a server puts before a text, but for the user: `:NICK!USER@HOST
/// PRIVMSG #carga-ROOM :`. Names like ours have at most 9 characters, which is all that ngIRCd allows; a
/// host 64, and `~` stands before a user that no ident server confirms.
const PREFIX: usize = {
    let (nick, host, room) = (NICK, 64, "4294967295".len());
    1 + nick + 1 + "~".len() + 1 + host + " PRIVMSG #carga-".len() + room + " :".len()
};
const USER: &str = "carga";
const NICK: usize = 9;

impl Irc {
    /// A client with this login.
    pub(crate) fn new(login: Option<Login>) -> Self {
        Self { login }
    }

    fn user(&self) -> &str {
        self.login.as_ref().and_then(Login::user).unwrap_or(USER)
    }
}

impl Dialect for Irc {
    fn has_rooms(&self) -> bool {
        true
    }

    fn has_idlers(&self) -> bool {
        true
    }

    fn longest_name(&self) -> usize {
        NICK
    }

    fn longest(&self) -> usize {
        LINE.saturating_sub(PREFIX + self.user().len() + "\r\n".len())
    }

    fn secret(&self) -> Option<&str> {
        self.login.as_ref().map(Login::password)
    }

    fn hello(&self, who: &Who, out: &mut Vec<u8>) -> Stage {
        if let Some(login) = &self.login {
            put(out, format_args!("PASS :{}\r\n", login.password()));
        }
        put(out, format_args!("NICK {}\r\nUSER {} 0 * :{USER}\r\n", who.name, self.user()));
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
        let (text, length) = line(input)?;
        let command = without_source(text);
        let event = if command.starts_with(b"PRIVMSG ") {
            Event::Said(text)
        } else {
            answer_command(who, stage, command, answer);
            classify(text, command)
        };
        Some(Frame { length, event })
    }

    fn say(&self, who: &Who, text: &[u8], out: &mut Vec<u8>) {
        let Some(room) = who.room else { return };
        put(out, format_args!("PRIVMSG #carga-{room} :"));
        out.extend_from_slice(text);
        out.extend_from_slice(b"\r\n");
    }

    fn bye(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"QUIT\r\n");
    }
}

/// A line without its source prefix, `:NICK!USER@HOST `.
#[inline]
fn without_source(text: &[u8]) -> &[u8] {
    match text {
        [b':', ..] => memchr(b' ', text).map_or(&[], |blank| &text[blank + 1..]),
        _ => text,
    }
}

/// Answers a PING, and advances the registration.
fn answer_command(who: &Who, stage: &mut Stage, command: &[u8], answer: &mut Vec<u8>) {
    if let Some(token) = command.strip_prefix(b"PING") {
        answer.extend_from_slice(b"PONG");
        answer.extend_from_slice(token);
        answer.extend_from_slice(b"\r\n");
        return;
    }
    *stage = match (*stage, numeric(command), who.room) {
        // The message of the day ends, or there is none: everything else has been said before.
        (Stage::Greeted, Some(376 | 422), Some(room)) => {
            put(answer, format_args!("JOIN #carga-{room}\r\n"));
            JOINING
        }
        (Stage::Greeted, Some(376 | 422), None) | (JOINING, Some(366), _) => Stage::Ready,
        (stage, ..) => stage,
    };
}

/// Classifies a line that is no message.
fn classify<'a>(text: &'a [u8], command: &[u8]) -> Event<'a> {
    let refused = match numeric(command) {
        // There is no message of the day.
        Some(422) => false,
        Some(number) => (400..600).contains(&number),
        None if command.starts_with(b"PING") => return Event::Routine,
        None => command.starts_with(b"ERROR"),
    };
    if refused { Event::Refused(text) } else { Event::Other(text) }
}

/// The number that a server's answer begins with.
fn numeric(command: &[u8]) -> Option<usize> {
    let digits = &command[..memchr(b' ', command).unwrap_or(command.len())];
    if digits.len() == 3 { super::number(digits) } else { None }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Heard, hear, hear_as, hello, who};
    use super::*;

    const IRC: Irc = Irc { login: None };

    const WELCOME: &str = ":irc.local NOTICE * :*** Looking up your hostname...\r\n\
        PING :a1b2\r\n\
        :irc.local 001 c-17 :Welcome\r\n\
        :irc.local 251 c-17 :There are 4 users\r\n\
        :irc.local 376 c-17 :End of message of the day.\r\n";
    const JOINED: &str = ":c-17!~carga@127.0.0.1 JOIN :#carga-3\r\n\
        :irc.local 353 c-17 = #carga-3 :@c-17\r\n\
        :irc.local 366 c-17 #carga-3 :End of /NAMES list.\r\n";
    const TALK: &str = ":c-1!~carga@127.0.0.1 PRIVMSG #carga-3 :{1}\r\n\
        PING irc.local\n\
        :irc.local 404 c-17 #carga-3 :Cannot send\r\n";

    #[test]
    fn a_client_registers_joins_and_talks() {
        assert_eq!(hello(&IRC, Some(3)), "NICK c-17\r\nUSER carga 0 * :carga\r\n");
        assert_eq!(hear(&IRC, WELCOME.as_bytes()).stage, JOINING);
        let Heard { stage, answers, events } =
            hear(&IRC, [WELCOME, JOINED, TALK].concat().as_bytes());
        assert_eq!(stage, Stage::Ready);
        assert_eq!(answers, "PONG :a1b2\r\nJOIN #carga-3\r\nPONG irc.local\r\n");
        assert_eq!(events.len(), 11);
        assert_eq!(events[8], "said :c-1!~carga@127.0.0.1 PRIVMSG #carga-3 :{1}");
        assert_eq!(events[9], "routine");
        assert_eq!(events[10], "refused :irc.local 404 c-17 #carga-3 :Cannot send");
        assert!(!events[..10].iter().any(|event| event.starts_with("refused")));
    }

    #[test]
    fn a_server_without_message_of_the_day_will_do_and_an_idle_client_joins_nothing() {
        let welcome = WELCOME.replace("376", "422");
        assert_eq!(hear(&IRC, welcome.as_bytes()).stage, JOINING);
        let idle = hear_as(&who(None), &IRC, welcome.as_bytes());
        assert_eq!((idle.stage, idle.answers.as_str()), (Stage::Ready, "PONG :a1b2\r\n"));
    }

    #[test]
    fn errors_are_refusals() {
        for line in [
            ":irc.local 433 * c-17 :Nickname is already in use.",
            ":irc.local 471 c-17 #carga-3 :Cannot join channel (+l)",
            ":irc.local 465 * :You are banned",
            "ERROR :Closing link",
        ] {
            let heard = hear(&IRC, format!("{line}\r\n").as_bytes());
            assert_eq!(heard.events, [format!("refused {line}")]);
        }
        let late = hear(&IRC, [WELCOME, JOINED, "ERROR :Bye\r\n"].concat().as_bytes());
        assert_eq!(late.events.last().map(String::as_str), Some("refused ERROR :Bye"));
    }

    #[test]
    fn the_longest_text_fits_into_a_line_with_all_that_comes_before_it() {
        let (nick, host) = ("n".repeat(9), "h".repeat(64));
        let text = "x".repeat(IRC.longest());
        let line = format!(":{nick}!~carga@{host} PRIVMSG #carga-{} :{text}\r\n", u32::MAX);
        assert_eq!(line.len(), LINE);
    }

    #[test]
    fn lines_that_say_nothing_are_no_danger() {
        let heard = hear(&IRC, b"\r\n:\n:x\n: \n36\nPRIVMSG\n");
        assert_eq!(
            heard.events,
            ["other ", "other :", "other :x", "other : ", "other 36", "other PRIVMSG"]
        );
    }
}
