use super::*;

const RULES: Rules = Rules { ask_name: false, commands: false, max_line: 4096 };

fn plain() -> Session {
    Session::new(RULES)
}

fn asked() -> Session {
    Session::new(Rules { ask_name: true, ..RULES })
}

fn with_commands() -> Session {
    Session::new(Rules { commands: true, ..RULES })
}

fn hear<'a>(session: &mut Session, text: &'a str) -> Option<Action<'a>> {
    session.line(Line::Text(text.into()))
}

fn refusal<'a>(error: NameError) -> Action<'a> {
    Action::AskAgain(Refusal::Name(error))
}

#[test]
fn r2_1_a_line_is_said() {
    let said = hear(&mut plain(), "Hola que tal?");
    assert_eq!(said, Some(Action::Say("Hola que tal?".into())));
}

#[test]
fn r2_8_an_empty_line_is_none() {
    assert_eq!(plain().line(Line::Empty), None);
}

#[test]
fn r2_9_an_overlong_line_is_refused_and_the_conversation_goes_on() {
    let mut session = plain();
    let refused = Action::Refuse(Refusal::LineTooLong(4096));
    assert_eq!(session.line(Line::TooLong), Some(refused));
    assert_eq!(hear(&mut session, "sigo"), Some(Action::Say("sigo".into())));
}

#[test]
fn r2_11_controls_are_not_passed_on() {
    for mut session in [plain(), with_commands()] {
        assert_eq!(hear(&mut session, "\x1b[2J"), Some(Action::Say("\u{FFFD}[2J".into())));
    }
    let told = Command::Private { to: "Ana".to_owned(), text: "\u{FFFD}[2J".to_owned() };
    let told = Action::Do(told, "/msg Ana \u{FFFD}[2J".into());
    assert_eq!(hear(&mut with_commands(), "/msg Ana \x1b[2J"), Some(told));
}

#[test]
fn r14_10_a_name_that_is_not_given_now_is_no_attempt() {
    let mut session = asked();
    for _ in 0..100 {
        hear(&mut session, "Ana");
        assert_eq!(session.refuse_name(NameError::NotNow), refusal(NameError::NotNow));
    }
    session.ask_word();
    let again = Action::AskWordAgain(Refusal::Name(NameError::NotNow));
    assert_eq!(session.refuse_name(NameError::NotNow), again, "the next line may be the word");
}

#[test]
fn r3_1_nothing_behind_the_leaving_word_is_heard() {
    for mut session in [plain(), asked(), with_commands()] {
        assert_eq!(hear(&mut session, " SALIR "), Some(Action::Leave));
        assert_eq!(hear(&mut session, "otra cosa"), None);
        assert_eq!(hear(&mut session, "salir"), None);
        assert_eq!(session.line(Line::TooLong), None);
        assert_eq!(session.line(Line::Empty), None);
    }
}

#[test]
fn r3_2_a_line_that_contains_the_word_is_said() {
    let said = hear(&mut plain(), "no quiero salir");
    assert_eq!(said, Some(Action::Say("no quiero salir".into())));
}

#[test]
fn r5_1_the_first_line_is_the_name_and_the_next_one_is_said() {
    let mut session = asked();
    let name = "Ana".parse().unwrap();
    assert!(session.is_naming());
    assert_eq!(hear(&mut session, " Ana "), Some(Action::TakeName(name)));
    session.named();
    assert!(!session.is_naming());
    assert_eq!(hear(&mut session, "hola"), Some(Action::Say("hola".into())));
    assert_eq!(session.line(Line::Empty), None);
}

#[test]
fn r5_4_is_asked_again_a_limited_number_of_times() {
    let mut session = asked();
    for i in 1..NAME_ATTEMPTS {
        let again = match i % 4 {
            0 => session.line(Line::Empty) == Some(refusal(NameError::Empty)),
            1 => session.line(Line::TooLong) == Some(refusal(NameError::TooLong)),
            2 => hear(&mut session, "dos palabras") == Some(refusal(NameError::Blank)),
            _ => {
                assert!(matches!(hear(&mut session, "Ana"), Some(Action::TakeName(_))));
                session.refuse_name(NameError::Taken) == refusal(NameError::Taken)
            }
        };
        assert!(again, "attempt {i}");
    }
    assert!(matches!(hear(&mut session, "/"), Some(Action::Dismiss(_))));
    assert_eq!(hear(&mut session, "Ana"), None);
}

#[test]
fn r12_4_the_third_wrong_word_is_the_last() {
    let mut session = asked();
    assert!(matches!(hear(&mut session, "Ana"), Some(Action::TakeName(_))));
    session.ask_word();
    for wrong in 1..=WORD_ATTEMPTS {
        assert!(session.is_naming());
        assert!(matches!(hear(&mut session, "no es esta"), Some(Action::Prove(_))));
        let refused = session.refuse_name(WRONG_WORD);
        assert_eq!(matches!(refused, Action::Dismiss(_)), wrong == WORD_ATTEMPTS, "{wrong}");
    }
    assert_eq!(hear(&mut session, "Ana"), None);
}

#[test]
fn r12_4_a_word_is_never_a_name() {
    for error in [AccountError::WrongWord, AccountError::TooSoon, AccountError::Busy] {
        let mut session = asked();
        assert!(matches!(hear(&mut session, "Ana"), Some(Action::TakeName(_))));
        session.ask_word();
        assert!(matches!(hear(&mut session, "mi-clave-1"), Some(Action::Prove(_))));
        let error = NameError::Account(error);
        assert_eq!(session.refuse_name(error), Action::AskWordAgain(Refusal::Name(error)));
        assert!(matches!(hear(&mut session, "mi-clave-2"), Some(Action::Prove(_))));
        // Another has the name meanwhile: then it takes a name.
        assert_eq!(session.refuse_name(NameError::Taken), refusal(NameError::Taken));
        assert!(matches!(hear(&mut session, "Eva"), Some(Action::TakeName(_))));
    }
}

#[test]
fn r12_3_the_line_behind_a_name_whose_word_is_not_taken_is_not_heard() {
    let mut session = asked();
    assert!(matches!(hear(&mut session, "Ana"), Some(Action::TakeName(_))));
    let error = NameError::Account(AccountError::NotEncrypted);
    assert_eq!(session.refuse_name(error), Action::Dismiss(Refusal::Name(error)));
    assert_eq!(hear(&mut session, "mi-clave-segura"), None);
}

#[test]
fn r12_2_who_gives_no_word_gives_another_name() {
    for line in ["/nombre", " /NICK ", "/nombre Eva"] {
        let mut session = asked();
        assert!(matches!(hear(&mut session, "Ana"), Some(Action::TakeName(_))));
        session.ask_word();
        assert_eq!(hear(&mut session, line), Some(Action::AskOther), "{line}");
        assert!(matches!(hear(&mut session, "Eva"), Some(Action::TakeName(_))), "{line}");
    }
}

#[test]
fn r6_4_commands_are_understood_only_where_they_are_on() {
    for line in ["/quien", "//quien", "/baila", "/privado"] {
        assert_eq!(hear(&mut plain(), line), Some(Action::Say(line.into())));
    }
    let mut session = with_commands();
    assert_eq!(hear(&mut session, "/quien"), Some(Action::Do(Command::Who, "/quien".into())));
    assert_eq!(hear(&mut session, "//quien"), Some(Action::Say("/quien".into())));
    for line in ["/baila", "/privado"] {
        assert!(matches!(hear(&mut session, line), Some(Action::Refuse(_))), "{line}");
    }
    assert_eq!(hear(&mut session, "/SALIR"), Some(Action::Leave));
    assert_eq!(hear(&mut session, "hola"), None);
}

#[test]
fn r5_5_a_command_is_no_name() {
    let mut session = Session::new(Rules { ask_name: true, commands: true, ..RULES });
    assert_eq!(hear(&mut session, "/quien"), Some(refusal(NameError::Character)));
}

/// Every kind of line in every state, and what the state is after it.
#[test]
fn r5_1_every_line_in_every_state() {
    const NAMING: State = State::Naming { attempts: NAME_ATTEMPTS };
    const PROVING: State = State::Proving { attempts: NAME_ATTEMPTS };
    const WORD_AGAIN: State = State::Proving { attempts: NAME_ATTEMPTS - 1 };
    const LAST: State = State::Naming { attempts: 1 };
    const AGAIN: State = State::Naming { attempts: NAME_ATTEMPTS - 1 };
    use State::{InRoom, Leaving};

    let text = |text: &'static str| Line::Text(text.into());
    let table: [(State, Line<'_>, &str, State); 35] = [
        (NAMING, text("Ana"), "TakeName", NAMING),
        (NAMING, text("dos palabras"), "AskAgain", AGAIN),
        (NAMING, text("/quien"), "AskAgain", AGAIN),
        (NAMING, text("//"), "AskAgain", AGAIN),
        (NAMING, Line::Empty, "AskAgain", AGAIN),
        (NAMING, Line::TooLong, "AskAgain", AGAIN),
        (NAMING, text(" Salir "), "Leave", Leaving),
        (LAST, text("Ana"), "TakeName", LAST),
        (LAST, text("dos palabras"), "Dismiss", Leaving),
        (LAST, text("/salir"), "Dismiss", Leaving),
        (LAST, Line::Empty, "Dismiss", Leaving),
        (LAST, Line::TooLong, "Dismiss", Leaving),
        (LAST, text("salir"), "Leave", Leaving),
        (PROVING, text("contraseña"), "Prove", PROVING),
        (PROVING, text("corta"), "AskWordAgain", WORD_AGAIN),
        (PROVING, Line::Empty, "AskWordAgain", WORD_AGAIN),
        (PROVING, Line::TooLong, "AskWordAgain", WORD_AGAIN),
        (PROVING, text("/nombre"), "AskOther", NAMING),
        (PROVING, text("salir"), "Leave", Leaving),
        (InRoom, text("hola"), "Say", InRoom),
        (InRoom, text("//quien"), "Say", InRoom),
        (InRoom, text("no quiero salir"), "Say", InRoom),
        (InRoom, text("/quien"), "Do", InRoom),
        (InRoom, text("/privado Ana hola"), "Do", InRoom),
        (InRoom, text("/privado Ana"), "Refuse", InRoom),
        (InRoom, text("/baila"), "Refuse", InRoom),
        (InRoom, Line::TooLong, "Refuse", InRoom),
        (InRoom, Line::Empty, "None", InRoom),
        (InRoom, text("salir"), "Leave", Leaving),
        (InRoom, text("/quit"), "Leave", Leaving),
        (Leaving, text("hola"), "None", Leaving),
        (Leaving, text("salir"), "None", Leaving),
        (Leaving, text("/quien"), "None", Leaving),
        (Leaving, Line::Empty, "None", Leaving),
        (Leaving, Line::TooLong, "None", Leaving),
    ];
    let rules = Rules { ask_name: true, commands: true, ..RULES };
    for (before, line, action, after) in table {
        let mut session = Session { state: before, wrong_words: 0, rules };
        let shown = format!("{before:?} {line:?}");
        let does = session.line(line).map_or("None".to_owned(), |does| format!("{does:?}"));
        assert!(does.starts_with(action), "{shown}: {does}");
        assert_eq!(session.state, after, "{shown}");
    }
}
