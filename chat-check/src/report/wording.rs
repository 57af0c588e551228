//! The fixed words of all reports, in both languages.

use crate::checks::check::Side;
use crate::dialect::{Dialect, Framing, Label, Naming};
use crate::grade::result::Marks;
use crate::grade::rubric::points;
use crate::text::{Lang, Text};
use crate::verdict::{Level, Verdict};

macro_rules! words {
    ($($name:ident: $es:literal, $en:literal;)+) => {
        $(pub(crate) const $name: Text = Text { es: $es, en: $en };)+
    };
}

words! {
    TITLE: "Informe de chat-check", "Report of chat-check";
    CLASS_TITLE: "La clase entera", "The whole class";
    INTERRUPTED: "La comprobación se interrumpió: aquí está lo que se vio hasta entonces.",
        "The run was interrupted: here is what was seen until then.";
    NOT_COMPLETE: "incompleto", "not complete";
    NOT_CHECKED: "sin comprobar", "not checked";
    INTERRUPTED_WORD: "interrumpido", "interrupted";
    NOT_STARTED: "no se pudo iniciar", "it could not be started";
    PRINTED: "lo último que escribió el programa", "the last that the program printed";
    EXPECTED: "se esperaba", "expected";
    CAME: "en cambio", "instead";
    EXPLANATION: "qué suele pasar y cómo se arregla", "how it usually comes about, and what helps";
    SENT: "lo último que se envió", "the last that was sent";
    CONVERSATION: "la conversación", "the conversation";
    STDERR: "lo último que escribió en la salida de errores (stderr)", "the last lines of stderr";
    REPEAT: "para repetir solo esto", "to repeat just this";
    REASON: "motivo", "reason";
    MARKS: "nota", "marks";
    ARITHMETIC: "cómo sale la nota", "how the marks come about";
    LOST: "puntos perdidos", "points lost";
    NOTHING_LOST: "ninguno", "none";
    TOTAL: "total", "total";
    OF: "puntos posibles", "out of";
    DIALECT: "dialecto", "dialect";
    PROFILE: "perfil", "profile";
    CHECK: "comprobación", "check";
    VERDICT: "resultado", "verdict";
    LEVEL: "nivel", "level";
    FAULTS: "los fallos, uno a uno", "the faults, one by one";
    OTHERS: "lo que no es un fallo, pero conviene saber", "what is no fault, but worth knowing";
    PASSES: "lo que se cumple", "what holds";
    SUBMISSION: "entrega", "submission";
    FAILURES: "fallos", "failures";
    STATE: "estado", "state";
    COMPLETE: "completo", "complete";
    ALSO: "no se probó", "left out:";
    COMMON: "los fallos más frecuentes", "the most frequent faults";
    SUBMISSIONS: "entregas", "submissions";
    MEAN: "nota media", "mean marks";
    ENTRY: "entrada", "entry";
    ENTRIES: "entradas", "entries";
    OMITTED: "sin mostrar", "left out";
    NO_MARKS: "sin nota", "no marks";
    SENDS: "envía", "sends";
    RECEIVES: "recibe", "receives";
    REST: "otros resultados", "other verdicts";
    COMMAND: "comando", "command";
    TIME: "tiempo", "time";
    NO_MUST_FAILS: "nada obligatorio falla", "nothing that must hold fails";
    TYPED: "recibe del teclado", "gets from the keyboard";
    PRINTS: "escribe", "prints";
    MEND_FIRST: "qué arreglar primero", "what to mend first";
    COMPLAINS: "escribe en la salida de errores", "prints on stderr";
}

/// Capitalizes the first letter.
pub(crate) fn heading(text: Text, lang: Lang) -> String {
    let mut letters = text.to(lang).chars();
    letters.next().map(char::to_uppercase).into_iter().flatten().chain(letters).collect()
}

/// The points, out of the maximum.
pub(crate) fn points_of(reached: f64, of: f64, lang: Lang) -> String {
    format!("{} / {}", points(reached, lang), points(of, lang))
}

/// The sum of a submission's points, if any part was judged.
pub(crate) fn total(marks: &Marks, lang: Lang) -> String {
    if marks.parts.is_empty() {
        NO_MARKS.to(lang).to_owned()
    } else {
        points_of(marks.points, marks.of, lang)
    }
}

/// Number of checks that hold, of how many.
pub(crate) fn holding(passes: usize, of: usize, lang: Lang) -> String {
    match (lang, passes, of) {
        (Lang::Es, 0, 1) => "no se cumple la única comprobación".to_owned(),
        (Lang::Es, 1, 1) => "se cumple la única comprobación".to_owned(),
        (Lang::Es, 0, _) => format!("no se cumple ninguna de {of} comprobaciones"),
        (Lang::Es, 1, _) => format!("se cumple 1 de {of} comprobaciones"),
        (Lang::Es, ..) => format!("se cumplen {passes} de {of} comprobaciones"),
        (Lang::En, 0, 1) => "the only check does not hold".to_owned(),
        (Lang::En, 1, 1) => "the only check holds".to_owned(),
        (Lang::En, 1, _) => format!("1 of {of} checks holds"),
        (Lang::En, ..) => format!("{passes} of {of} checks hold"),
    }
}

/// Number of entries in a conversation.
pub(crate) fn entries(count: usize, lang: Lang) -> String {
    let entries = if count == 1 { ENTRY } else { ENTRIES };
    format!("{} ({count} {})", CONVERSATION.to(lang), entries.to(lang))
}

/// The number of checks that a fault keeps from being made.
pub(crate) fn blocks(skipped: usize, lang: Lang) -> String {
    match (lang, skipped) {
        (Lang::Es, 1) => "por esto se omite 1 comprobación".to_owned(),
        (Lang::Es, _) => format!("por esto se omiten {skipped} comprobaciones"),
        (Lang::En, 1) => "1 check is skipped because of it".to_owned(),
        (Lang::En, _) => format!("{skipped} checks are skipped because of it"),
    }
}

/// A sign for a verdict, where words take too much room.
pub(crate) const fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "✓",
        Verdict::NotStrict => "≈",
        Verdict::Fail => "✗",
        Verdict::Flaky => "~",
        Verdict::ExpectedFail => "x",
        Verdict::Skipped => "↷",
        Verdict::Untestable => "?",
        Verdict::CheckerError => "!",
    }
}

/// A verdict's name in code: for style sheets and tags.
pub(crate) const fn code(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::NotStrict => "not-strict",
        Verdict::Fail => "fail",
        Verdict::Flaky => "flaky",
        Verdict::ExpectedFail => "expected-fail",
        Verdict::Skipped => "skipped",
        Verdict::Untestable => "untestable",
        Verdict::CheckerError => "checker-error",
    }
}

/// A level's name in code: for tags and names of tests.
pub(crate) const fn level(level: Level) -> &'static str {
    match level {
        Level::Must => "MUST",
        Level::Should => "SHOULD",
        Level::Info => "INFO",
    }
}

impl Verdict {
    /// The verdict on one check.
    pub(crate) const fn name(self) -> Text {
        self.names(1)
    }

    /// The verdict on so many checks.
    pub(crate) const fn names(self, checks: usize) -> Text {
        let one = checks == 1;
        let (es, en) = match self {
            Self::Pass if one => ("se cumple", "pass"),
            Self::Pass => ("se cumplen", "pass"),
            Self::NotStrict if one => ("no estricta", "not strict"),
            Self::NotStrict => ("no estrictas", "not strict"),
            Self::Fail if one => ("falla", "fail"),
            Self::Fail => ("fallan", "fail"),
            Self::Flaky if one => ("inestable", "flaky"),
            Self::Flaky => ("inestables", "flaky"),
            Self::ExpectedFail if one => ("fallo esperado", "expected failure"),
            Self::ExpectedFail => ("fallos esperados", "expected failures"),
            Self::Skipped if one => ("omitida", "skipped"),
            Self::Skipped => ("omitidas", "skipped"),
            Self::Untestable if one => ("no comprobable", "untestable"),
            Self::Untestable => ("no comprobables", "untestable"),
            Self::CheckerError if one => ("error de chat-check", "checker error"),
            Self::CheckerError => ("errores de chat-check", "checker errors"),
        };
        Text { es, en }
    }

    /// All there are, the plain ones first.
    pub(crate) const ALL: [Self; 8] = [
        Self::Pass,
        Self::Fail,
        Self::NotStrict,
        Self::Flaky,
        Self::ExpectedFail,
        Self::Skipped,
        Self::Untestable,
        Self::CheckerError,
    ];
}

impl Level {
    pub(crate) const fn name(self) -> Text {
        let (es, en) = match self {
            Self::Must => ("obligatorio", "required"),
            Self::Should => ("recomendado", "recommended"),
            Self::Info => ("informativo", "information"),
        };
        Text { es, en }
    }
}

impl Side {
    pub(crate) const fn name(self) -> Text {
        match self {
            Self::Server => Text { es: "servidor", en: "server" },
            Self::Client => Text { es: "cliente", en: "client" },
        }
    }
}

/// The framing of messages.
fn framing(framing: Framing) -> Text {
    let (es, en) = match framing {
        Framing::Lf => ("mensajes que terminan en LF", "messages end with LF"),
        Framing::Crlf => ("mensajes que terminan en CRLF", "messages end with CRLF"),
        Framing::None => ("mensajes sin final", "messages have no end"),
        Framing::Length2 => {
            ("mensajes con 2 bytes de longitud delante", "2 bytes of length before each message")
        }
        Framing::Length4 | Framing::Length4Le => {
            ("mensajes con 4 bytes de longitud delante", "4 bytes of length before each message")
        }
        Framing::Decimal(_) | Framing::DecimalLine => (
            "mensajes con la longitud en cifras delante",
            "the length in digits before each message",
        ),
        Framing::Named(_) => (
            "el nombre y el mensaje, cada uno con su longitud en cifras delante",
            "the name and the message, each with its length in digits before it",
        ),
    };
    Text { es, en }
}

/// A dialect in one line.
pub(crate) fn dialect(dialect: &Dialect, lang: Lang) -> String {
    let say = |es: &'static str, en: &'static str| Text { es, en }.to(lang).to_owned();
    let framing = framing(dialect.framing).to(lang).to_owned();
    let greeting =
        if dialect.greeting { say("saluda", "greets") } else { say("no saluda", "does not greet") };
    let naming = match &dialect.asks() {
        Naming::None => say("sin nombres", "no names"),
        Naming::First => say("el primer mensaje es el nombre", "the first message is the name"),
        Naming::Asked(keyword) => match lang {
            Lang::Es => format!("pide el nombre con «{keyword}»"),
            Lang::En => format!("asks for the name with \"{keyword}\""),
        },
    };
    let label = match dialect.label {
        Label::Port => say("dice el puerto de quien habla", "tells the speaker's port"),
        Label::Name => say("dice el nombre de quien habla", "tells the speaker's name"),
        Label::None => say("no dice quién habla", "does not tell who speaks"),
    };
    let echo = dialect.echo.then(|| say("devuelve el mensaje a su autor", "echoes to the sender"));
    let leave = match &dialect.leave {
        Some(word) => match lang {
            Lang::Es => format!("se sale con «{word}»"),
            Lang::En => format!("\"{word}\" leaves"),
        },
        None => say("sin palabra para salir", "no word to leave"),
    };
    let mut parts = vec![
        format!("{} {}", say("puerto", "port"), dialect.port),
        framing,
        greeting,
        naming,
        label,
    ];
    parts.extend(echo);
    if !dialect.before.is_empty() {
        let lines = dialect.before.join(", ");
        parts.push(format!("{}: {lines}", say("primero se le escribe", "first is typed to it")));
    }
    parts.extend(dialect.most_clients.map(|most| match lang {
        Lang::Es => format!("atiende a {most} a la vez"),
        Lang::En => format!("serves {most} at a time"),
    }));
    parts.push(leave);
    let given = match dialect.given.as_slice() {
        [] => String::new(),
        given => format!(" ({}: {})", say("ya se sabía", "given"), given.join(", ")),
    };
    parts.join(" · ") + &given
}
