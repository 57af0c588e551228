//! Texts for presence, lists and the syntax of commands (chapters 5 and 6).

use std::fmt::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use super::{NOTICE, SAYS};
use crate::command::{FORMS, Form, Verb, operator_forms};
use crate::language::Language;
use crate::limits::MAX_LISTED;
use crate::name::Name;
use crate::options::time_limit::TimeLimit;

mod moderation;

#[cfg(test)]
pub(super) use moderation::TEXTS;

/// Separator between the names in a list.
pub(super) const NEXT: &str = ", ";

/// Maximum length of a line of a list, in bytes; the next name begins a new line. Any peer can take
/// such a line, even one that reads 1 KiB at a time.
const LIST_LINE: usize = 400;

/// Maximum number of names in the line for a member that joins, and about its length in bytes. Each arrival
/// costs such a line, however large the room is.
const PRESENT: usize = 20;
const PRESENT_LINE: usize = 300;

impl Language {
    /// Tells a room that a member has joined (requirement 5.3).
    pub fn joined(self, name: &Name) -> impl fmt::Display {
        fmt::from_fn(move |f| write!(f, "{NOTICE}{name}{}", self.joined_end()))
    }

    /// Tells a room that a member has left (requirement 5.3).
    pub fn left(self, name: &Name) -> impl fmt::Display {
        fmt::from_fn(move |f| write!(f, "{NOTICE}{name}{}", self.left_end()))
    }

    /// Tells a room that a member goes to another one (requirement 6.2).
    pub fn goes(self, name: &Name, to: &Name) -> impl fmt::Display {
        fmt::from_fn(move |f| write!(f, "{NOTICE}{name}{}{to}", self.goes_to()))
    }

    /// Tells a room that a member comes from another one (requirement 6.2).
    pub fn comes(self, name: &Name, from: &Name) -> impl fmt::Display {
        fmt::from_fn(move |f| write!(f, "{NOTICE}{name}{}{from}", self.comes_from()))
    }

    /// Tells a member that joins its own name, and the names of the members of the room (requirement
    /// 5.3): one line, for which only the first names are asked.
    pub fn introduction<'a>(
        self,
        own: &'a Name,
        room: &'a Name,
        names: impl ExactSizeIterator<Item = &'a Name> + Clone,
    ) -> impl fmt::Display {
        fmt::from_fn(move |f| {
            let mut names = names.clone();
            let all = names.len();
            let (you_are, here_in) = (self.you_are(), self.here_in(room, all));
            let mut line = format!("{NOTICE}{you_are}{own}; {here_in}");
            let mut next = "";
            while all - names.len() < PRESENT
                && line.len() < PRESENT_LINE
                && let Some(name) = names.next()
            {
                write!(line, "{next}{name}")?;
                next = NEXT;
            }
            f.write_str(&line)?;
            match names.len() {
                0 => Ok(()),
                more => write!(f, "{NEXT}{}", self.more(more)),
            }
        })
    }

    /// Tells a room that a member has a new name (requirement 6.3).
    pub fn renamed(self, old: &Name, new: &Name) -> impl fmt::Display {
        fmt::from_fn(move |f| write!(f, "{NOTICE}{old}{}{new}", self.is_now()))
    }

    /// Tells a room how many members have joined, left and have new names, and how many there are now (requirement 5.7).
    pub fn crowd(self, [joined, left, renamed]: [usize; 3], people: usize) -> impl fmt::Display {
        let told = |number: usize, one: &str, several: &dyn fmt::Display| match number {
            0 => None,
            1 => Some(one.to_owned()),
            _ => Some(several.to_string()),
        };
        let parts = [
            told(joined, self.one_joined(), &self.several_joined(joined)),
            told(left, self.one_left(), &self.several_left(left)),
            told(renamed, self.one_renamed(), &self.several_renamed(renamed)),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        fmt::from_fn(move |f| {
            write!(f, "{NOTICE}{}{}", parts.join(NEXT), self.now_there_are(people))
        })
    }

    /// Tells a slow consumer the number of messages that were dropped here (requirement 2.1).
    pub fn missed(self, messages: u64) -> impl fmt::Display {
        fmt::from_fn(move |f| match messages {
            1 => f.write_str(self.missed_one()),
            several => write!(f, "{}", self.missed_several(several)),
        })
    }

    /// A message that was said so long ago (requirement 11.1). An author without a name is empty.
    pub fn past(self, age: Duration, author: &str, text: &str) -> impl fmt::Display {
        fmt::from_fn(move |f| {
            write!(f, "{NOTICE}{}: ", self.ago(&self.span(age)))?;
            match author {
                "" => f.write_str(text),
                author => write!(f, "{author}{SAYS}{text}"),
            }
        })
    }

    /// Returns whether this is the age of a past message.
    pub(super) fn is_age(self, text: &str) -> bool {
        let ago = self.ago("").to_string();
        text.starts_with(&ago) || text.ends_with(&ago)
    }

    /// A time in the largest unit of which there is one; from two days on, in days.
    fn span(self, time: Duration) -> String {
        match time.as_secs() {
            seconds @ ..60 => format!("{seconds} s"),
            seconds @ ..3_600 => format!("{} min", seconds / 60),
            seconds @ ..172_800 => format!("{} h", seconds / 3_600),
            seconds => self.days(seconds / 86_400).to_string(),
        }
    }

    /// Tells a member that joins that the room is recorded, and for how long (requirement 11.3).
    pub fn recorded(self, keep: TimeLimit) -> impl fmt::Display {
        fmt::from_fn(move |f| match keep.duration() {
            None => f.write_str(self.recorded_for_ever()),
            Some(time) => write!(f, "{}", self.recorded_for(&self.span(time))),
        })
    }

    /// Lists the members of a room (requirement 6.3), in as many lines as needed.
    pub fn members<'a>(
        self,
        room: &'a Name,
        names: impl ExactSizeIterator<Item = &'a Name> + Clone,
    ) -> impl fmt::Display {
        fmt::from_fn(move |f| {
            let heading = self.in_room(room, names.len()).to_string();
            self.list(f, heading, names.clone())
        })
    }

    /// Lists the rooms, with the number of members in each (requirement 6.3).
    pub fn rooms<'a>(
        self,
        rooms: impl ExactSizeIterator<Item = (&'a Name, usize)> + Clone,
    ) -> impl fmt::Display {
        fmt::from_fn(move |f| {
            let sizes = rooms.clone().map(|(room, size)| format!("{room} ({size})"));
            self.list(f, self.the_rooms().to_owned(), sizes)
        })
    }

    /// Lists the clients where they have no names (requirement 7.2).
    pub fn client_list(
        self,
        clients: impl ExactSizeIterator<Item = SocketAddr> + Clone,
    ) -> impl fmt::Display {
        fmt::from_fn(move |f| {
            self.list(f, self.clients(clients.len()).to_string(), clients.clone())
        })
    }

    /// Writes a list in lines of at most [`LIST_LINE`] bytes.
    fn list(
        self,
        f: &mut fmt::Formatter<'_>,
        heading: String,
        items: impl ExactSizeIterator<Item = impl fmt::Display>,
    ) -> fmt::Result {
        let more = items.len().saturating_sub(MAX_LISTED);
        let mut line = heading;
        let mut first = true;
        for item in items.take(MAX_LISTED) {
            if line.len() > LIST_LINE {
                writeln!(f, "{line}{NEXT}")?;
                NOTICE.clone_into(&mut line);
                first = true;
            }
            let next = if std::mem::take(&mut first) { "" } else { NEXT };
            write!(line, "{next}{item}")?;
        }
        if more > 0 {
            write!(line, "{NEXT}{}", self.more(more))?;
        }
        f.write_str(&line)
    }

    /// The right syntax of a command (requirement 6.4), with the word that the client used.
    pub(super) fn right_form(self, word: &str, form: &Form) -> impl fmt::Display {
        let written = format!("{} {}", word.to_lowercase(), self.pick(&form.arguments));
        fmt::from_fn(move |f| write!(f, "{}", self.form(written.trim_end())))
    }

    /// The list of the commands that a person has (requirement 6.3): one per line, the word of this language first.
    pub fn help(self, has: impl Fn(&Form) -> bool + Clone) -> impl fmt::Display {
        self.help_of(FORMS.iter().filter(move |form| has(form)))
    }

    /// The list of the operator's commands (requirement 7.2); `commands` if members have commands. The
    /// operator cannot change the room.
    pub fn operator_help(self, commands: bool) -> impl fmt::Display {
        self.help_of(operator_forms(commands).filter(|form| form.verb != Verb::Room))
    }

    fn help_of(self, forms: impl Iterator<Item = &'static Form> + Clone) -> impl fmt::Display {
        fmt::from_fn(move |f| {
            for Form { word, alias, arguments, purpose, .. } in forms.clone() {
                let (word, alias) = match self {
                    Self::Es => (word, alias),
                    Self::En => (alias, word),
                };
                let written = format!("{word} {}", self.pick(arguments));
                let purpose = self.pick(purpose);
                writeln!(f, "{NOTICE}/{}: {purpose} (/{alias})", written.trim_end())?;
            }
            f.write_str(self.say_a_slash())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::names_in;
    use super::*;
    use crate::refusal::Refusal;

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    #[test]
    fn r5_3_presence_is_a_notice() {
        assert_eq!(Language::Es.joined(&name("Ana")).to_string(), "* Ana se ha unido");
        assert_eq!(Language::Es.left(&name("Ana")).to_string(), "* Ana ha salido");
    }

    #[test]
    fn r5_7_a_crowd_is_told_numbers() {
        let told = |numbers, people| Language::Es.crowd(numbers, people).to_string();
        let all = "* 37 personas se han unido, 12 personas han salido, 1 persona ha cambiado de nombre; ahora hay 1204";
        assert_eq!(told([37, 12, 1], 1204), all);
        assert_eq!(told([1, 0, 0], 502), "* 1 persona se ha unido; ahora hay 502");
        assert_eq!(
            told([0, 1, 2], 5),
            "* 1 persona ha salido, 2 personas han cambiado de nombre; ahora hay 5"
        );
        let english = Language::En.crowd([2, 1, 1], 7).to_string();
        assert_eq!(
            english,
            "* 2 people have joined, 1 person has left, 1 person has another name; now there are 7"
        );
    }

    #[test]
    fn r11_1_a_past_message_has_its_age() {
        let past = |seconds, author| {
            Language::Es.past(Duration::from_secs(seconds), author, "hola").to_string()
        };
        for (seconds, age) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3_599, "59 min"),
            (3_600, "1 h"),
            (172_799, "47 h"),
            (172_800, "2 días"),
        ] {
            assert_eq!(past(seconds, "Ana"), format!("* hace {age}: Ana > hola"));
        }
        assert_eq!(past(0, ""), "* hace 0 s: hola");
    }

    #[test]
    fn r11_3_a_recorded_room_says_so() {
        let keep = "30d".parse().unwrap();
        assert_eq!(
            Language::Es.recorded(keep).to_string(),
            "* lo que se dice aquí se guarda durante 30 días"
        );
        assert_eq!(
            Language::En.recorded(TimeLimit::OFF).to_string(),
            "* what is said here is recorded"
        );
    }

    #[test]
    fn r6_1_a_private_message_and_its_receipt() {
        let (ana, bea) = (name("Ana"), name("Bea"));
        assert_eq!(Language::Es.private(&ana, "hola").to_string(), "[privado] Ana > hola");
        assert_eq!(Language::Es.private_receipt(&bea, "hola").to_string(), "[privado a Bea] hola");
    }

    #[test]
    fn r5_3_who_joins_is_told_its_name_and_who_is_there_in_one_bounded_line() {
        let line = |own: &str, names: &[Name]| {
            let (own, room) = (name(own), name("general"));
            Language::Es.introduction(&own, &room, names.iter()).to_string()
        };
        let few = ["Ana", "Bea", "Caro"].map(name);
        assert_eq!(line("Ana", &few), "* eres Ana; en general (3): Ana, Bea, Caro");
        let many: Vec<Name> = (0..1000).map(|i| name(&format!("p{i}"))).collect();
        let told = line("p999", &many);
        assert!(told.ends_with(", p18, p19, y 980 más") && !told.contains('\n'), "{told}");
        let long: Vec<Name> = (10..30).map(|i| name(&format!("{}{i}", "ñ".repeat(30)))).collect();
        let told = line("p999", &long);
        assert!(told.ends_with(" más") && told.len() < PRESENT_LINE + 100, "{told}");
    }

    #[test]
    fn r6_3_a_long_list_takes_several_lines_and_loses_nobody() {
        let names: Vec<Name> = (0..MAX_LISTED).map(|i| name(&format!("persona-{i}"))).collect();
        let text = Language::Es.members(&name("general"), names.iter()).to_string();
        assert!(text.starts_with("* en general (1000): persona-0, persona-1, "));
        let listed: Vec<&str> = text.lines().flat_map(|line| names_in(line).here).collect();
        assert_eq!(listed, names.iter().map(Name::as_str).collect::<Vec<_>>());
        assert!(text.lines().all(|line| line.starts_with(NOTICE) && line.len() < 2 * LIST_LINE));
    }

    #[test]
    fn r6_3_an_endless_list_ends() {
        let names: Vec<Name> = (0..MAX_LISTED + 5).map(|i| name(&format!("p{i}"))).collect();
        let text = Language::Es.members(&name("general"), names.iter()).to_string();
        assert!(text.starts_with("* en general (1005): p0, ") && text.ends_with(", p999, y 5 más"));
    }

    #[test]
    fn r6_4_what_was_written_is_not_repeated_at_length() {
        let unknown = Refusal::UnknownCommand { word: "x".repeat(4000), nearest: None };
        let notice = Language::Es.refusal(&unknown).to_string();
        assert!(notice.chars().count() < 100, "{notice}");
        let form = FORMS.iter().find(|form| form.word == "privado").unwrap();
        let written = Language::Es.right_form("MSG", form).to_string();
        assert_eq!(written, "! se escribe así: /msg NOMBRE TEXTO");
    }
}
