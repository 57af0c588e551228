//! The fixed words of a batch, in both languages.

use super::find::unpacked;
use crate::checks::check::Side;
use crate::grade::result::Report;
use crate::text::{Lang, Text, Words};
use crate::verdict::Verdict;

/// The submission took too long.
pub(super) const TIME_IS_OVER: Text = Text {
    es: "Se acabó el tiempo de esta entrega: lo que falta no se probó.",
    en: "This submission's time was over: what is missing was not checked.",
};

/// The checker itself failed.
pub(super) const LOST: Text = Text {
    es: "falló el propio chat-check: no se pudo probar",
    en: "chat-check itself failed: nothing was checked",
};

/// The path for the reports is not a folder.
pub(super) const NO_FOLDER: Text = Text { es: "no es una carpeta", en: "is no folder" };

/// The build took too long.
pub(super) const BUILD_TAKES_TOO_LONG: Text =
    Text { es: "la compilación no termina", en: "the build does not end" };

/// The submission is too large to be copied.
pub(super) const TOO_LARGE: Text =
    Text { es: "la entrega es demasiado grande", en: "the submission is too large" };

/// Limit on the files that are named.
const MOST_NAMED: usize = 8;

/// No program of this side is among these files.
pub(super) fn not_found(side: Side, files: &[String]) -> Words {
    let (spanish, english, names) = match side {
        Side::Server => ("el servidor", "server", "servidor.py, Server.java"),
        Side::Client => ("el cliente", "client", "cliente.py, Client.java"),
    };
    let seen = seen(files);
    Words::new(
        format!("no se encontró {spanish} (se buscó {names} y otros); {}", seen.to(Lang::Es)),
        format!("no {english} was found (looked for {names} and others); {}", seen.to(Lang::En)),
    )
}

/// The files that were found instead of a program.
fn seen(files: &[String]) -> Words {
    if let Some(archive) = files.iter().find(|file| unpacked(file).is_some()) {
        return packed(archive);
    }
    let more = if files.len() > MOST_NAMED { "…" } else { "" };
    let files = files[..files.len().min(MOST_NAMED)].join(", ");
    match &*files {
        "" => Words::new("no hay ningún archivo", "there is no file"),
        files => Words::new(format!("hay: {files}{more}"), format!("there is: {files}{more}")),
    }
}

/// An archive that is not unpacked.
pub(super) fn packed(name: &str) -> Words {
    Words::new(
        format!("hay un archivo comprimido sin abrir: {name}"),
        format!("there is an archive that nobody has unpacked: {name}"),
    )
}

/// A tool that a program needs is not installed.
pub(super) fn no_tool(tool: &str) -> Words {
    Words::new(
        format!("no se pudo iniciar: {tool} no está instalado aquí"),
        format!("not started: {tool} is not installed here"),
    )
}

/// A program cannot be built.
pub(super) fn not_built(command: &str) -> Words {
    Words::new(format!("no compila: {command}"), format!("it does not build: {command}"))
}

/// Other programs that might have been meant, in a sentence.
pub(super) fn others(others: &str) -> Words {
    Words::new(
        format!("También podrían ser el programa: {others}."),
        format!("These could be the program as well: {others}."),
    )
}

/// The paths that the checker cannot read.
pub(super) fn unreadable(paths: &str) -> Words {
    Words::new(
        format!("chat-check no pudo leer esto, y probó sin ello: {paths}."),
        format!("chat-check could not read this, and went on without it: {paths}."),
    )
}

/// The folder in which a program is started.
pub(super) fn folder(folder: &str) -> Words {
    Words::new(
        format!("Se ejecuta en la carpeta {folder}."),
        format!("It runs in the folder {folder}."),
    )
}

/// The command that built a program.
pub(super) fn built(command: &str) -> Words {
    Words::new(format!("Se compiló con: {command}"), format!("It was built with: {command}"))
}

/// A submission's name, escaped: a folder's name must not control the terminal.
pub(super) fn shown(name: &str) -> String {
    name.replace(char::is_control, "\u{FFFD}")
}

/// The line about a submission in the output of a batch.
pub(super) fn line(report: &Report, earlier: bool) -> String {
    let name = shown(report.submission.as_deref().unwrap_or_default());
    let es = report.lang == Lang::Es;
    let unstarted = report.parts.iter().filter(|part| part.not_started.is_some()).count();
    let counts = [
        (report.count(Verdict::Pass) + report.count(Verdict::NotStrict), ["bien", "pass"]),
        (report.count(Verdict::Fail), ["mal", "fail"]),
        (report.count(Verdict::Flaky), ["a veces", "flaky"]),
        (report.count(Verdict::CheckerError), ["sin poder probar", "checker errors"]),
        (unstarted, ["sin iniciar", "not started"]),
    ];
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    let mut parts: Vec<String> = counts
        .map(|(count, [spanish, english])| {
            format!("{count} {}", if es { spanish } else { english })
        })
        .collect();
    let add = |parts: &mut Vec<String>, is: bool, [spanish, english]: [&str; 2]| {
        parts.extend(is.then(|| (if es { spanish } else { english }).to_owned()));
    };
    add(&mut parts, report.interrupted, ["incompleto", "not complete"]);
    add(&mut parts, earlier, ["ya estaba", "was there"]);
    format!("{name}: {}", parts.join(", "))
}
