use chat_protocol::language::Language;
use chat_protocol::wording::NAME_KEYWORD;

use super::*;

const GREETING: &str = Language::Es.greeting();

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn taken() -> String {
    Language::Es.name_refused(NameError::Taken).to_string()
}

/// The client under `--profile sala`. Without a name, it is asking a user.
fn sala(name: Option<&str>, person: bool) -> (Naming, Instant) {
    let now = Instant::now();
    let mut naming = Naming::new(NAME_KEYWORD, name.map(self::name));
    naming.expect(Some(now + Duration::from_secs(10)));
    if person {
        naming.person(name.is_none());
    }
    (naming, now)
}

fn give(text: &str) -> Then {
    Then::Give(name(text))
}

#[test]
fn r5_2_the_keyword_is_answered_and_not_shown() {
    let (mut naming, now) = sala(Some("Ana"), true);
    assert_eq!(naming.hear(GREETING, now), (Some(GREETING), None));
    assert!(naming.holds());
    assert_eq!(naming.hear(" nombre del cliente ", now), (None, Some(give("Ana"))));
    assert!(naming.holds() && !naming.is_due());
    assert_eq!(naming.expire(), Some(Then::Talk), "a server that says nothing more");
    assert!(!naming.holds());
}

#[test]
fn r5_2_a_line_of_the_room_shows_that_the_name_is_taken() {
    let (mut naming, now) = sala(Some("Ana"), true);
    naming.hear(NAME_KEYWORD, now);
    let line = Language::Es.joined(&name("Bea")).to_string();
    assert_eq!(naming.hear(&line, now), (Some(line.as_str()), Some(Then::Talk)));
    assert_eq!(naming.hear(NAME_KEYWORD, now), (Some(NAME_KEYWORD), None), "somebody says it");
}

#[test]
fn r5_2_the_keyword_may_stick_to_the_greeting() {
    let (mut naming, now) = sala(Some("Ana"), false);
    let line = format!("{GREETING}{NAME_KEYWORD}");
    assert_eq!(naming.hear(&line, now), (Some(GREETING), Some(give("Ana"))));
}

#[test]
fn r5_2_the_keyword_counts_behind_any_greeting_of_several_lines() {
    let (mut naming, now) = sala(Some("Ana"), false);
    for line in ["Bienvenido!", "* usuarios: 3", "! reglas: ninguna", ""] {
        assert_eq!(naming.hear(line, now), (Some(line), None));
    }
    let line = format!("Escribe tu {NAME_KEYWORD}");
    assert_eq!(naming.hear(&line, now), (Some("Escribe tu"), Some(give("Ana"))));
}

#[test]
fn r5_2_the_keyword_does_not_count_in_a_message_or_behind_one() {
    for message in ["Bea > hola", "usuario 65310: hola", "[privado] Bea > hola"] {
        for message in [message.to_owned(), message.replace("hola", NAME_KEYWORD)] {
            let (mut naming, now) = sala(Some("Ana"), false);
            assert_eq!(naming.hear(&message, now), (Some(message.as_str()), None));
            assert_eq!(naming.hear(NAME_KEYWORD, now), (Some(NAME_KEYWORD), None));
        }
    }
}

#[test]
fn r5_2_a_keyword_after_the_name_was_presumed_needs_a_refusal_before_it() {
    let (mut naming, now) = sala(Some("Ana"), true);
    naming.hear(NAME_KEYWORD, now);
    naming.expire();
    assert_eq!(naming.hear(NAME_KEYWORD, now), (Some(NAME_KEYWORD), None));
}

#[test]
fn r5_2_a_person_is_asked_and_may_answer_before_or_after_the_server_asks() {
    let (mut naming, now) = sala(None, true);
    assert_eq!(naming.answer("Ana", now), Ok(None));
    assert!(naming.holds());
    assert_eq!(naming.hear(NAME_KEYWORD, now), (None, Some(give("Ana"))));

    let (mut naming, now) = sala(None, true);
    assert_eq!(naming.hear(NAME_KEYWORD, now), (None, None));
    assert_eq!(naming.answer("", now), Err((NameError::Empty, Then::Ask)));
    assert_eq!(naming.answer("Ana", now), Ok(Some(give("Ana"))));
}

#[test]
fn r5_2_a_name_that_the_server_refuses_is_asked_for_again() {
    let (mut naming, now) = sala(Some("Ana"), true);
    naming.hear(NAME_KEYWORD, now);
    assert_eq!(naming.hear(&taken(), now), (Some(taken().as_str()), None));
    assert_eq!(naming.hear(NAME_KEYWORD, now), (None, Some(Then::Ask)));
    assert!(naming.is_due());
    assert_eq!(naming.answer("Bea", now), Ok(Some(give("Bea"))));
    assert_eq!(naming.hear(NAME_KEYWORD, now), (None, Some(Then::Ask)));
}

#[test]
fn r5_2_a_server_that_is_slow_to_refuse_is_still_understood() {
    let (mut naming, now) = sala(Some("Ana"), true);
    naming.hear(NAME_KEYWORD, now);
    assert_eq!(naming.expire(), Some(Then::Talk));
    naming.hear(&taken(), now);
    assert_eq!(naming.hear(NAME_KEYWORD, now), (None, Some(Then::Ask)));
    assert!(naming.holds());
}

#[test]
fn r5_2_a_refusal_leaves_time_for_the_keyword() {
    let (mut naming, now) = sala(Some("Ana"), true);
    naming.hear(NAME_KEYWORD, now);
    assert_eq!(naming.deadline(), Some(now + GRACE));
    let later = now + GRACE / 2;
    naming.hear(&taken(), later);
    assert_eq!(naming.deadline(), Some(later + GRACE));
}

#[test]
fn r5_2_a_server_far_away_gets_more_time_to_refuse() {
    let (mut naming, now) = sala(Some("Ana"), true);
    naming.set_round_trip(Duration::from_secs(1));
    naming.hear(NAME_KEYWORD, now);
    assert_eq!(naming.deadline(), Some(now + GRACE + Duration::from_secs(2)));
}

#[test]
fn r5_2_in_a_pipe_the_first_line_is_the_name_and_there_is_no_second() {
    let (mut naming, now) = sala(None, false);
    assert!(naming.wants_line());
    assert_eq!(naming.answer("Ana", now), Ok(None));
    assert!(!naming.wants_line() && naming.holds());
    assert_eq!(naming.hear(NAME_KEYWORD, now), (None, Some(give("Ana"))));
    naming.hear(&taken(), now);
    let refused = Then::Leave(Exit::NameRefused);
    assert_eq!(naming.hear(NAME_KEYWORD, now), (None, Some(refused)));

    let (mut naming, now) = sala(None, false);
    let refused = Then::Leave(Exit::NameRefused);
    assert_eq!(naming.answer("dos palabras", now), Err((NameError::Blank, refused)));
}

#[test]
fn r5_2_a_server_that_does_not_ask_is_left() {
    let (mut naming, now) = sala(Some("Ana"), true);
    assert_eq!(naming.deadline(), Some(now + Duration::from_secs(10)));
    assert_eq!(naming.expire(), Some(Then::Leave(Exit::NotAsked)));
}

#[test]
fn r5_2_who_expects_no_keyword_answers_it_only_right_after_the_greeting() {
    let begun = Instant::now();
    let moment = Duration::from_millis(1);
    for (greeting, late) in [(GREETING, moment), ("Bienvenido!", ASKING + moment)] {
        for (time, answer) in [(begun, Some(give("Ana"))), (begun + late, None)] {
            let mut naming = Naming::new(NAME_KEYWORD, Some(name("Ana")));
            assert_eq!(naming.hear(greeting, begun), (Some(greeting), None));
            assert_eq!(naming.hear(NAME_KEYWORD, time).1, answer);
            assert_eq!(naming.was_surprised(), answer.is_some());
        }
    }
}

#[test]
fn r5_2_who_expects_no_keyword_answers_it_with_a_name_or_just_sees_it() {
    let now = Instant::now();
    let mut naming = Naming::new(NAME_KEYWORD, Some(name("Ana")));
    assert!(!naming.holds() && naming.deadline().is_none());
    assert_eq!(naming.hear(NAME_KEYWORD, now), (None, Some(give("Ana"))));
    let mut naming = Naming::new(NAME_KEYWORD, None);
    naming.person(false);
    assert_eq!(naming.hear(NAME_KEYWORD, now), (Some(NAME_KEYWORD), None));
    assert!(!naming.holds());
}

#[test]
fn r7_3_the_name_for_signing_answers_the_keyword_too() {
    let now = Instant::now();
    let mut naming = Naming::new(NAME_KEYWORD, None);
    naming.person(true);
    assert_eq!(naming.hear(NAME_KEYWORD, now), (None, None));
    assert_eq!(naming.answer("Ana", now), Ok(Some(give("Ana"))));
}
