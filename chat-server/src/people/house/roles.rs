//! The roles of people, and what each role may do (requirements 13.1 and 13.2).

use chat_protocol::command::Verb;

/// The role of a person in a room. A later one may do all that an earlier one may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    /// Takes part.
    Member,
    /// Was made one by the owner, or by an admin.
    Operator,
    /// Has opened the room.
    Owner,
    /// Has an account of `--admin`, or sits at the server's console. Acts in every room.
    Admin,
}

/// The least role for each command of a moderator. All others are for everybody, and so is to see the topic.
const LEAST: [(Verb, Role); 11] = [
    (Verb::Kick, Role::Operator),
    (Verb::Ban, Role::Operator),
    (Verb::Pardon, Role::Operator),
    (Verb::Bans, Role::Operator),
    (Verb::Mute, Role::Operator),
    (Verb::Topic, Role::Operator),
    (Verb::Slow, Role::Operator),
    (Verb::Lock, Role::Operator),
    (Verb::Invite, Role::Operator),
    (Verb::Op, Role::Owner),
    (Verb::Deop, Role::Owner),
];

impl Role {
    /// Returns whether this role may give this command; for the topic, set it.
    pub(crate) fn may(self, verb: Verb) -> bool {
        LEAST.iter().all(|(known, least)| *known != verb || *least <= self)
    }

    /// Returns whether the list of commands shows this one.
    pub(crate) fn is_told_of(self, verb: Verb) -> bool {
        verb == Verb::Topic || self.may(verb)
    }
}

#[cfg(test)]
mod tests {
    use chat_protocol::SPECIFICATION;
    use chat_protocol::command::FORMS;

    use super::*;

    /// The table of requirement 13.2: a row for each command, a column for each role.
    #[test]
    fn r13_2_each_role_may_do_what_the_specification_says() {
        for (text, yes) in [(SPECIFICATION.en, "yes"), (SPECIFICATION.es, "sí")] {
            let (_, chapter) = text.split_once("\n## 13 ").expect("the chapter");
            let mut rows = 0;
            for row in chapter.lines().filter(|line| line.starts_with("| `/")) {
                let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
                let word = cells[0].trim_start_matches("`/");
                let (word, _) = word.split_once('`').expect("a command");
                let form = FORMS.iter().find(|form| form.word == word).expect(word);
                let roles = [Role::Member, Role::Operator, Role::Owner, Role::Admin];
                for (role, cell) in roles.into_iter().zip(&cells[1..]) {
                    assert_eq!(role.may(form.verb), *cell == yes, "{word}, {role:?}");
                }
                rows += 1;
            }
            assert_eq!(rows, LEAST.len());
        }
    }

    #[test]
    fn r13_2_whatever_is_in_no_table_is_for_everybody() {
        for verb in [Verb::Private, Verb::Room, Verb::Help, Verb::Leave] {
            assert!(Role::Member.may(verb), "{verb:?}");
        }
        assert!(Role::Member.is_told_of(Verb::Topic) && !Role::Member.is_told_of(Verb::Kick));
    }
}
