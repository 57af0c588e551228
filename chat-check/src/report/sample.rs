//! Sample reports for tests.

use std::time::Duration;

use chat_drive::transcript::{Entry, How};
use chat_protocol::options::profile::Profile;

use crate::checks::check::Side;
use crate::dialect::{Dialect, Label, Naming};
use crate::grade::result::{Evidence, FORMAT, NotStarted, Outcome, Part, Report};
use crate::grade::rubric::Rubric;
use crate::text::Lang;
use crate::verdict::{Level, Verdict};

/// Text that a hostile program could print.
pub(crate) const HOSTILE: &str = "=1+1\u{1b}[2J\u{9b}31m\u{202e}\r\n\t</td><script>alert('x')</script>\
                                  \"]]>&amp;`*_|](javascript:x)![i](http://x)``` {style} \u{fffe}\0";

/// Makes an outcome with this verdict.
pub(crate) fn outcome(id: &str, verdict: Verdict) -> Outcome {
    let fails = matches!(verdict, Verdict::Fail | Verdict::ExpectedFail | Verdict::Flaky);
    Outcome {
        id: id.to_owned(),
        requirement: id.split('-').next().unwrap_or_default().to_owned(),
        level: Level::Must,
        title: format!("lo de {id}"),
        verdict,
        reason: (verdict != Verdict::Pass).then(|| format!("no va: {id}")),
        evidence: fails.then(evidence),
        seconds: 0.25,
        repeat: format!("chat-check server 'python3 servidor.py' --only {id}"),
    }
}

fn evidence() -> Evidence {
    Evidence {
        expected: "nada para ana".into(),
        came: "le volvió su propio mensaje: «kqjxvbzmwp»".into(),
        explanation: "Al recorrer la lista de clientes hay que saltarse al autor: compara cada \
                      socket con el de quien envía (`if otro is not cliente:`) antes de enviar."
            .into(),
        sent: vec!["ana: kqjxvbzmwp\\n".into(), "beto: zzyxqwpfgh\\n".into()],
        conversation: conversation(),
        omitted: None,
        stderr: vec![
            "Traceback (most recent call last):".into(),
            "  File \"servidor.py\", line 31, in atender".into(),
            "BrokenPipeError: [Errno 32] Broken pipe".into(),
        ],
    }
}

fn conversation() -> Vec<Entry> {
    let said = [
        (0, "server", How::Event, "starts: python3 servidor.py"),
        (82, "server", How::Out, "servidor de chat iniciado en 127.0.0.1:12345\\n"),
        (90, "ana", How::Event, "is connected: 127.0.0.1:40112 → 127.0.0.1:12345"),
        (91, "server", How::Out, "nuevo cliente conectado: 127.0.0.1:40112\\n"),
        (92, "ana", How::Out, "bienvenido al chat! escribe 'salir' para salir\\n"),
        (97, "beto", How::Event, "is connected: 127.0.0.1:40114 → 127.0.0.1:12345"),
        (99, "beto", How::Out, "bienvenido al chat! escribe 'salir' para salir\\n"),
        (110, "ana", How::In, "kqjxvbzmwp\\n"),
        (112, "beto", How::Out, "usuario 40112: kqjxvbzmwp\\n"),
        (112, "ana", How::Out, "usuario 40112: kqjxvbzmwp\\n"),
        (113, "server", How::Err, "Traceback (most recent call last):\\n"),
        (120, "beto", How::In, "zzyxqwpfgh\\n"),
        (121, "ana", How::Out, "usuario 40114: zzyxqwpfgh\\n"),
        (300, "chat-check", How::Event, "todo visto"),
    ];
    said.map(|(millis, who, how, what)| Entry {
        after: Duration::from_millis(millis),
        who: who.to_owned(),
        how,
        what: what.to_owned(),
    })
    .into()
}

/// Makes a part with these outcomes.
pub(crate) fn part(side: Side, results: Vec<Outcome>) -> Part {
    Part {
        side,
        command: "python3 servidor.py".into(),
        profile: Profile::Basico,
        dialect: Dialect {
            greeting: true,
            naming: Naming::Asked("nombre del cliente".into()),
            label: Label::Port,
            ..Dialect::default()
        },
        remarks: Vec::new(),
        others: Vec::new(),
        not_started: None,
        unsure: false,
        results,
        seconds: 12.5,
    }
}

/// Makes a part of a program that does not start.
pub(crate) fn not_started(side: Side) -> Part {
    let why = "terminó antes de escuchar".to_owned();
    let printed = vec!["SyntaxError: invalid syntax".to_owned()];
    Part { not_started: Some(NotStarted { why, printed }), ..part(side, Vec::new()) }
}

/// Makes a report of these parts, without marks.
pub(crate) fn report(parts: Vec<Part>) -> Report {
    Report {
        format: FORMAT,
        version: "0.1.0".into(),
        lang: Lang::Es,
        submission: Some("García, Ana".into()),
        date: "2026-11-21T12:00:00Z".into(),
        interrupted: false,
        parts,
        marks: None,
    }
}

/// The same with the course's marks.
pub(crate) fn with_marks(mut report: Report) -> Report {
    report.marks = Some(Rubric::course().marks(&report));
    report
}

/// Makes a report with everything that can be in one.
pub(crate) fn full() -> Report {
    let mut server: Vec<Outcome> = [
        ("1.2-ready", Verdict::Pass),
        ("1.4-three", Verdict::Pass),
        ("2.1-relay", Verdict::Pass),
        ("2.2-echo", Verdict::Fail),
        ("2.3-order", Verdict::Flaky),
        ("2.8-two-in-one", Verdict::NotStrict),
        ("2.9-long", Verdict::ExpectedFail),
        ("3.1-salir", Verdict::Skipped),
        ("3.2-word", Verdict::Untestable),
        ("3.3-reset", Verdict::CheckerError),
    ]
    .map(|(id, verdict)| outcome(id, verdict))
    .into();
    server.push(Outcome { level: Level::Should, ..outcome("1.6-deadline", Verdict::Fail) });
    let client = ["4.1-connect", "4.2-receive", "4.7-flush"]
        .map(|id| outcome(id, if id == "4.7-flush" { Verdict::Fail } else { Verdict::Pass }));
    let mut server = part(Side::Server, server);
    server.remarks.push("dos procesos escuchan en el mismo puerto".into());
    with_marks(report(vec![server, part(Side::Client, client.into())]))
}

/// The same, with something hostile in every text.
pub(crate) fn hostile() -> Report {
    let mut report = full();
    report.interrupted = true;
    let bad = |text: &mut String| text.push_str(HOSTILE);
    report.version.push_str(HOSTILE);
    // As a cell and at the beginning of lines too.
    report.submission = Some(HOSTILE.to_owned());
    report.date.push_str(HOSTILE);
    for part in &mut report.parts {
        bad(&mut part.command);
        bad(&mut part.dialect.name_form);
        part.dialect.naming = Naming::Asked(HOSTILE.into());
        part.dialect.question = Some(HOSTILE.into());
        part.dialect.leave = Some(HOSTILE.into());
        part.dialect.given.push(HOSTILE.into());
        part.remarks.push(HOSTILE.into());
        part.not_started = Some(NotStarted { why: HOSTILE.into(), printed: vec![HOSTILE.into()] });
        part.results.iter_mut().for_each(|outcome| spoil(outcome, bad));
    }
    let marks = report.marks.as_mut().expect("a full report has marks");
    bad(&mut marks.rubric);
    for part in &mut marks.parts {
        bad(&mut part.level);
        part.arithmetic.push(HOSTILE.into());
        part.lost.iter_mut().for_each(|loss| bad(&mut loss.reason));
    }
    report
}

fn spoil(outcome: &mut Outcome, bad: impl Fn(&mut String)) {
    let Outcome { title, reason, evidence, repeat, .. } = outcome;
    [title, repeat].into_iter().for_each(&bad);
    reason.iter_mut().for_each(&bad);
    let Some(evidence) = evidence else { return };
    [&mut evidence.expected, &mut evidence.came, &mut evidence.explanation]
        .into_iter()
        .for_each(&bad);
    evidence.sent.push(HOSTILE.into());
    evidence.stderr.push(HOSTILE.into());
    evidence.conversation.iter_mut().for_each(|entry| {
        bad(&mut entry.who);
        bad(&mut entry.what);
    });
}
