use super::*;

const SESSION: &str = r#"{"kind":"session","time":1,"token":"ab12","id":"7.1","resume":600000,"position":"7.4","text":"x"}"#;

/// A session that the server was asked for.
fn asked() -> Session {
    let mut session = Session::new(true, Language::Es);
    assert!(session.named());
    assert_eq!(session.ask(Language::Es.help_hint()), Some("/reanudar"));
    session
}

fn begun() -> Session {
    let mut session = asked();
    assert_eq!(session.hear(SESSION), Told::Begun);
    session
}

fn message(position: &str, line: &str) -> String {
    let fields = format!(r#""position":"{position}","line":"{line}","text":"hola""#);
    format!(r#"{{"kind":"message","time":1,"who":"Ana",{fields}}}"#)
}

fn nothing() -> Told {
    Told::Lines(vec![])
}

#[test]
fn r11_15_nothing_is_asked_before_the_hint_nor_without_a_name_nor_if_it_is_not_wanted() {
    let hint = Language::En.help_hint();
    assert_eq!(Session::new(true, Language::Es).ask(hint), None);
    let mut unwanted = Session::new(false, Language::Es);
    assert!(!unwanted.named());
    assert_eq!(unwanted.ask(hint), None);
    let mut session = Session::new(true, Language::Es);
    session.named();
    assert_eq!(session.ask("Ana > * /ayuda muestra los comandos"), None);
    session.expire();
    assert!(!session.holds());
    assert_eq!(session.ask(hint), Some("/reanudar"), "better late than never");
    assert_eq!(session.ask(hint), None);
}

#[test]
fn r11_15_a_server_without_sessions_is_talked_with_as_before() {
    let mut session = asked();
    assert_eq!(session.hear("! no hay nadie que se llame Bea"), Told::Text);
    assert!(session.holds());
    assert_eq!(
        session.hear("! no existe el comando /reanudar; /ayuda muestra los que hay"),
        Told::Unknown
    );
    assert!(!session.holds());
    assert_eq!(session.send("hola").as_deref(), Some("hola"));
    assert_eq!(session.hear(SESSION), Told::Text);
}

#[test]
fn r11_15_what_was_not_accepted_waits_for_the_return() {
    let mut session = begun();
    assert_eq!(session.send("uno").as_deref(), Some("1 uno"));
    assert_eq!(session.send("dos").as_deref(), Some("2 dos"));
    assert_eq!(session.cut().as_secs(), 600);
    assert_eq!(session.resume().as_deref(), Some("/reanudar ab12 7.4"));
    assert_eq!(session.send("tres"), None);
    for line in [Language::Es.greeting(), "nombre del cliente", "! servidor lleno"] {
        assert_eq!(session.hear(line), nothing());
    }
    let resumed =
        r#"{"kind":"resumed","you":"Eva","room":"cocina","accepted":1,"text":"has vuelto"}"#;
    let lines = vec!["* has vuelto".to_owned()];
    assert_eq!(session.hear(resumed), Told::Resumed { lines, unstored: 0 });
    assert_eq!(session.kept().numbered().collect::<Vec<_>>(), ["2 dos", "3 tres"]);
    assert_eq!(session.name().map(Name::as_str), Some("Eva"));
}

#[test]
fn r11_15_a_message_is_told_once_and_moves_the_position() {
    let mut session = begun();
    let told = Told::Lines(vec!["Ana > hola".to_owned()]);
    assert_eq!(session.hear(&message("7.5", "7.9.1")), told);
    assert_eq!(session.hear(r#"{"kind":"accepted","number":1,"position":"7.6"}"#), nothing());
    session.cut();
    assert_eq!(session.resume().as_deref(), Some("/reanudar ab12 7.6"));
    let resumed = r#"{"kind":"resumed","accepted":1,"stored":"7.4"}"#;
    assert_eq!(session.hear(resumed), Told::Resumed { lines: vec![], unstored: 1 });
    assert_eq!(session.hear(&message("7.5", "7.9.1")), nothing());
    assert_eq!(session.hear(&message("8.1", "7.9.1")), nothing());
    assert_eq!(session.hear(&message("8.2", "7.9.2")), told);
}

#[test]
fn r11_15_a_lost_session_is_begun_anew_in_its_room() {
    let mut session = begun();
    session
        .hear(r#"{"kind":"here","you":"Eva","room":"cocina","people":[],"number":1,"text":"x"}"#);
    session.hear(&message("7.9", "7.9.1"));
    session.send("uno");
    session.cut();
    assert_eq!(session.hear("! la sesión no se conoce"), Told::Lost);
    assert!(session.named());
    session.ask(Language::Es.help_hint());
    assert_eq!(session.hear(SESSION), Told::Begun);
    assert_eq!(session.kept().numbered().collect::<Vec<_>>(), ["1 /sala cocina", "2 uno"]);
    session.cut();
    assert_eq!(session.resume().as_deref(), Some("/reanudar ab12 7.4"), "the positions are others");
}

#[test]
fn r11_15_a_line_that_is_too_long_does_not_wait_for_ever() {
    let mut session = begun();
    session.send(&"x".repeat(9999));
    let refusal = r#"{"kind":"refusal","text":"mensaje demasiado largo (máximo 4096 bytes)"}"#;
    assert!(matches!(session.hear(refusal), Told::Lines(lines) if lines[0].starts_with("! ")));
    assert!(session.kept().is_empty());
}
