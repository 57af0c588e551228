//! What a line from a server shows of who is there: the sentences of [`people`](super), read
//! backwards.

use super::people::{IS_NOW, JOINED, LEFT, NEXT, SAYS};
use super::{NOTICE, PRIVATE};
use crate::name::Name;

/// The names that a line from a server shows to be in use, and whether it shows that the first
/// of them no longer is.
///
/// ```
/// # use chat_protocol::wording::{Seen, names_in};
/// assert_eq!(names_in("* Ana ahora es Bea"), Seen { gone: Some("Ana"), here: vec!["Bea"] });
/// assert_eq!(names_in("Ana > hola"), Seen { gone: None, here: vec!["Ana"] });
/// ```
pub fn names_in(line: &str) -> Seen<'_> {
    let here = |names: Vec<_>| Seen { gone: None, here: names };
    if let Some(notice) = line.strip_prefix(NOTICE) {
        if let Some(name) = notice.strip_suffix(JOINED) {
            return here(vec![name]);
        }
        if let Some(name) = notice.strip_suffix(LEFT) {
            return Seen { gone: Some(name), here: vec![] };
        }
        if let Some((old, new)) = notice.split_once(IS_NOW) {
            return Seen { gone: Some(old), here: vec![new] };
        }
        // Of a list: "en general (2): Ana, Bea", or the next line of a longer one.
        let names = notice.split_once("): ").map_or(notice, |(_, names)| names);
        return here(names.trim_end_matches(NEXT).split(NEXT).collect()).of_names();
    }
    let speaker = line.strip_prefix(PRIVATE).map_or(line, |rest| rest.trim_start_matches("] "));
    here(speaker.split_once(SAYS).map(|(name, _)| name).into_iter().collect()).of_names()
}

/// What a line shows of who is there.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Seen<'a> {
    /// This name is not in use any more.
    pub gone: Option<&'a str>,
    /// These names are in use.
    pub here: Vec<&'a str>,
}

impl Seen<'_> {
    /// Without what cannot be a name.
    fn of_names(mut self) -> Self {
        self.here.retain(|name| name.parse::<Name>().is_ok_and(|parsed| parsed.as_str() == *name));
        self
    }
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::super::*;
    use super::*;

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    fn seen(line: impl fmt::Display) -> (Option<String>, Vec<String>) {
        let line = line.to_string();
        let Seen { gone, here } = names_in(&line);
        (gone.map(str::to_owned), here.into_iter().map(str::to_owned).collect())
    }

    #[test]
    fn names_are_seen_where_they_stand() {
        let (ana, bea) = (name("Ana"), name("Bea"));
        let here = |names: &[&str]| (None, names.iter().map(|n| (*n).to_owned()).collect());
        assert_eq!(seen(message_by_name("Ana", "Bea > no")), here(&["Ana"]));
        assert_eq!(seen(private(&ana, "hola")), here(&["Ana"]));
        assert_eq!(seen(joined(&ana)), here(&["Ana"]));
        assert_eq!(seen(left(&ana)), (Some("Ana".to_owned()), vec![]));
        assert_eq!(seen(renamed(&ana, &bea)), (Some("Ana".to_owned()), vec!["Bea".to_owned()]));
        assert_eq!(seen("hola a todos"), here(&[]));
        assert_eq!(seen(no_such_person("Ana")), here(&[]));
        assert_eq!(seen(NOBODY_THERE), here(&[]));
    }
}
