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
    INTERRUPTED_WORD: "interrumpido", "interrupted";
    NOT_STARTED: "no se pudo comprobar", "it could not be checked";
    PRINTED: "lo último que escribió el programa", "the last that the program printed";
    EXPECTED: "se esperaba", "expected";
    CAME: "llegó", "came";
    EXPLANATION: "qué suele pasar y cómo se arregla", "how it usually comes about, and what helps";
    SENT: "lo último que se envió", "the last that was sent";
    CONVERSATION: "la conversación", "the conversation";
    STDERR: "las últimas líneas de stderr", "the last lines of stderr";
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
    ALSO: "no se probó", "not checked is";
    COMMON: "los fallos más frecuentes", "the most frequent faults";
    SUBMISSIONS: "entregas", "submissions";
    MEAN: "nota media", "mean marks";
    ENTRIES: "entradas", "entries";
    OMITTED: "entradas sin mostrar", "entries left out";
    NO_MARKS: "sin nota", "no marks";
    SENDS: "envía", "sends";
    RECEIVES: "recibe", "receives";
    REST: "otros resultados", "other verdicts";
    COMMAND: "orden", "command";
    TIME: "tiempo", "time";
    NO_MUST_FAILS: "nada obligatorio falla", "nothing that must hold fails";
    TYPED: "se le escribe", "is typed to it";
    PRINTS: "escribe", "prints";
    COMPLAINS: "escribe en stderr", "prints on stderr";
}

/// The points, out of the maximum.
pub(crate) fn points_of(reached: f64, of: f64) -> String {
    format!("{} / {}", points(reached), points(of))
}

/// The sum of a submission's points, if any part was judged.
pub(crate) fn total(marks: &Marks, lang: Lang) -> String {
    if marks.parts.is_empty() {
        NO_MARKS.to(lang).to_owned()
    } else {
        points_of(marks.points, marks.of)
    }
}

/// Formats a time.
pub(crate) fn seconds(seconds: f64) -> String {
    format!("{seconds:.1} s")
}

/// Number of checks that hold, of how many.
pub(crate) fn holding(passes: usize, of: usize, lang: Lang) -> String {
    match lang {
        Lang::Es => format!("se cumplen {passes} de {of} comprobaciones"),
        Lang::En => format!("{passes} of {of} checks hold"),
    }
}

/// Number of entries in a conversation.
pub(crate) fn entries(count: usize, lang: Lang) -> String {
    format!("{} ({count} {})", CONVERSATION.to(lang), ENTRIES.to(lang))
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

impl Verdict {
    pub(crate) const fn name(self) -> Text {
        let (es, en) = match self {
            Self::Pass => ("se cumple", "pass"),
            Self::NotStrict => ("no estricto", "not strict"),
            Self::Fail => ("falla", "fail"),
            Self::Flaky => ("inestable", "flaky"),
            Self::ExpectedFail => ("fallo esperado", "expected failure"),
            Self::Skipped => ("omitida", "skipped"),
            Self::Untestable => ("no comprobable", "untestable"),
            Self::CheckerError => ("error del comprobador", "checker error"),
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
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Must => "MUST",
            Self::Should => "SHOULD",
            Self::Info => "INFO",
        }
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

/// A dialect in one line.
pub(crate) fn dialect(dialect: &Dialect, lang: Lang) -> String {
    let say = |es: &'static str, en: &'static str| Text { es, en }.to(lang).to_owned();
    let framing = match dialect.framing {
        Framing::Lf => say("mensajes que terminan en LF", "messages end with LF"),
        Framing::Crlf => say("mensajes que terminan en CRLF", "messages end with CRLF"),
        Framing::None => say("mensajes sin final", "messages have no end"),
        Framing::Length2 => {
            say("mensajes con 2 bytes de longitud delante", "2 bytes of length before each message")
        }
    };
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
    parts.push(leave);
    let given = match dialect.given.as_slice() {
        [] => String::new(),
        given => format!(" ({}: {})", say("dado", "given"), given.join(", ")),
    };
    parts.join(" · ") + &given
}
