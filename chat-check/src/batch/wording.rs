//! The fixed words of a batch, in both languages.

use super::files::{NOTEBOOK, unpacked};
use crate::checks::check::Side;
use crate::grade::result::{Part, Report};
use crate::report::wording;
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

/// An archive would write outside its folder.
pub(super) const LEADS_OUTSIDE: Text =
    Text { es: "llevaría fuera de su carpeta", en: "it would lead outside its folder" };

/// An archive that cannot be read.
pub(super) const DAMAGED: Text = Text {
    es: "está dañado, cifrado o comprimido de un modo que no se conoce",
    en: "it is damaged, encrypted or compressed in an unknown way",
};

/// Java sources that are not UTF-8.
pub(super) const IN_WINDOWS_1252: Text = Text {
    es: "El código no está en UTF-8, sino en la codificación de Windows (windows-1252): así se \
         compiló.",
    en: "The sources are not UTF-8, but in the encoding of Windows (windows-1252): they were \
         built as that.",
};

/// None of the programs that `make` made can be told to be this side's.
pub(super) const UNKNOWN_PROGRAM: Text = Text {
    es: "make termina bien, pero no se sabe cuál de sus programas es este: da su comando a chat-check \
         server o chat-check client",
    en: "make succeeds, but it is not known which of its programs is this one: give its command to \
         chat-check server or chat-check client",
};

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
    let (spanish, english, names, pattern) = match side {
        Side::Server => ("el servidor", "server", "servidor.py, Server.java", "--server-pattern"),
        Side::Client => ("el cliente", "client", "cliente.py, Client.java", "--client-pattern"),
    };
    let with_end = |end: &str| files.iter().find(|file| file.ends_with(end));
    if let Some(archive) = files.iter().find(|file| unpacked(file).is_some()) {
        return packed(archive);
    }
    if let Some(notebook) = with_end(&format!(".{NOTEBOOK}")) {
        return Words::new(
            format!("hay un cuaderno, que no es un programa: {notebook}"),
            format!("there is a notebook, which is no program: {notebook}"),
        );
    }
    if let Some(compiled) = with_end(".class") {
        return Words::new(
            format!("hay clases de Java compiladas, sin su código: {compiled}"),
            format!("there are compiled classes of Java, without their source: {compiled}"),
        );
    }
    let more = if files.len() > MOST_NAMED { "…" } else { "" };
    let files = files[..files.len().min(MOST_NAMED)].join(", ");
    if files.is_empty() {
        return Words::new("no hay ningún archivo", "there is no file");
    }
    Words::new(
        format!(
            "no se encontró {spanish}; hay: {files}{more} (se buscó {names} y otros; {pattern} dice \
             otro nombre)"
        ),
        format!(
            "no {english} was found; there is: {files}{more} (looked for {names} and others; \
             {pattern} states another name)"
        ),
    )
}

/// An archive that is not unpacked.
pub(super) fn packed(name: &str) -> Words {
    Words::new(
        format!("hay un archivo comprimido sin abrir: {name}"),
        format!("there is an archive that was not opened: {name}"),
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

/// A part that was not checked.
pub(super) fn unchecked(why: &Words) -> Words {
    Words::new(
        format!("Sin comprobar, sin nota: {}.", why.to(Lang::Es)),
        format!("Not checked, no marks: {}.", why.to(Lang::En)),
    )
}

/// An archive that was not unpacked.
pub(super) fn unopened(name: &str, why: &Words) -> Words {
    Words::new(
        format!("No se abrió {name}: {}.", why.to(Lang::Es)),
        format!("{name} was not opened: {}.", why.to(Lang::En)),
    )
}

/// The place of the class's table.
pub(super) fn pages(index: &str) -> Words {
    Words::new(
        format!("La clase entera, con la página de cada entrega: {index}"),
        format!("The whole class, with the page of each submission: {index}"),
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
    // With nothing judged, there is a reason instead of marks.
    let reason = report.parts.iter().find_map(|part| part.remarks.first().map(|why| shown(why)));
    let reason = reason.filter(|_| !report.parts.iter().any(Part::is_judged));
    let marks = report.marks.as_ref().map(|marks| wording::total(marks, report.lang));
    let marks = reason.or(marks).filter(|_| !report.interrupted);
    let said = marks.into_iter().chain((!parts.is_empty()).then(|| parts.join(", ")));
    format!("{name}: {}", said.collect::<Vec<_>>().join(" · "))
}
