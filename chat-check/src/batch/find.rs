//! Finds the programs in a submission, by the usual file names.

use std::io;
use std::path::{Path, PathBuf};

use globset::{Glob, GlobSet, GlobSetBuilder};

use super::files::{files, side_of_name, text, words};
use super::language::Language;
use super::make;
use crate::checks::check::Side;

/// The file names of servers and of clients.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    /// If given, only files that match.
    server: Option<GlobSet>,
    client: Option<GlobSet>,
}

/// A candidate for a side's program. The least one is the best.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    likeness: Likeness,
    depth: usize,
    language: Language,
    path: PathBuf,
}

/// The evidence that a file is a server or a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    /// Its name is the word: `servidor.py`; or it matches a given pattern.
    Exact,
    /// Its name contains the word: `chat_servidor.py`.
    Part,
    /// It is the main file of a folder with this name: `servidor/main.py`.
    Folder,
    /// A script of `package.json` or a target of a Makefile has the name.
    Script,
}

/// The file found for one side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// The file, inside the submission.
    pub(crate) path: PathBuf,
    pub(crate) language: Language,
    /// Others that might have been meant, best first.
    pub(crate) others: Vec<PathBuf>,
}

impl Names {
    /// Those that these patterns match; without any, those with well-known names.
    ///
    /// # Errors
    ///
    /// The text of a malformed pattern.
    pub(crate) fn parse(server: &[String], client: &[String]) -> Result<Self, globset::Error> {
        Ok(Self { server: globs(server)?, client: globs(client)? })
    }

    /// The program of one side in a folder.
    ///
    /// # Errors
    ///
    /// The folder itself cannot be read.
    pub(crate) fn find(&self, folder: &Path, side: Side) -> io::Result<Option<Found>> {
        let mut candidates: Vec<Candidate> = files(folder)?
            .into_iter()
            .filter_map(|path| self.candidate(folder, path, side))
            .collect();
        candidates.sort();
        let mut candidates = candidates.into_iter();
        Ok(candidates.next().map(|best| Found {
            path: best.path,
            language: best.language,
            others: candidates
                .filter(|other| other.language != Language::Make)
                .map(|other| other.path)
                .collect(),
        }))
    }

    fn candidate(&self, folder: &Path, path: PathBuf, side: Side) -> Option<Candidate> {
        let language = Language::of(&path)?;
        let globs = match side {
            Side::Server => &self.server,
            Side::Client => &self.client,
        };
        let likeness = match globs {
            Some(globs) => globs.is_match(&path).then_some(Likeness::Exact),
            None if language == Language::Npm => {
                Language::script(&folder.join(&path), side).map(|_| Likeness::Script)
            }
            None if language == Language::Make => {
                make::target(&text(&folder.join(&path)), side).map(|_| Likeness::Script)
            }
            None => likeness(&path, side).filter(|_| language.can_start(&folder.join(&path))),
        }?;
        Some(Candidate { likeness, depth: path.components().count(), language, path })
    }

    /// Returns the side of a file that was handed in alone: a server unless its name shows a
    /// client.
    pub(crate) fn side_of(&self, file: &Path) -> Side {
        let is = |side, globs: &Option<GlobSet>| match globs {
            Some(globs) => globs.is_match(file),
            None => likeness(file, side).is_some(),
        };
        if is(Side::Client, &self.client) && !is(Side::Server, &self.server) {
            Side::Client
        } else {
            Side::Server
        }
    }
}

fn globs(patterns: &[String]) -> Result<Option<GlobSet>, globset::Error> {
    let mut globs = GlobSetBuilder::new();
    for pattern in patterns {
        globs.add(Glob::new(pattern)?);
    }
    Ok(if patterns.is_empty() { None } else { Some(globs.build()?) })
}

fn likeness(path: &Path, side: Side) -> Option<Likeness> {
    let small = |name: &std::ffi::OsStr| name.to_string_lossy().to_lowercase();
    let stem = small(path.file_stem()?);
    if stem.contains("test") || stem.contains("prueba") {
        return None;
    }
    if side_of_name(&stem) == Some(side) {
        let is_all = words(side).contains(&&*stem);
        return Some(if is_all { Likeness::Exact } else { Likeness::Part });
    }
    let mut folders = path.parent()?.iter().rev().map(small).filter(|name| name != "src");
    let main = ["main", "__main__", "index", "app", "program", "programa"].contains(&&*stem);
    let folder = folders.next().filter(|_| main)?;
    (side_of_name(&folder) == Some(side)).then_some(Likeness::Folder)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// The programs found in a folder with these files, which are all programs.
    fn found(names: &Names, files: &[&str]) -> [Option<String>; 2] {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, r#"int main() // {"scripts": {"start": "node a.js"}}"#).unwrap();
        }
        [Side::Server, Side::Client].map(|side| {
            let found = names.find(folder.path(), side).unwrap();
            found.map(|found| found.path.to_string_lossy().replace('\\', "/"))
        })
    }

    #[test]
    fn the_best_name_wins() {
        for (files, server, client) in [
            (&["servidor.py", "cliente.py"][..], "servidor.py", "cliente.py"),
            (
                &["chat_server.py", "a/Server.java", "cliente v2.py"],
                "a/Server.java",
                "cliente v2.py",
            ),
            (
                &["b/c/servidor.js", "mi_cliente.js", "x/cliente.c"],
                "b/c/servidor.js",
                "x/cliente.c",
            ),
            (
                &["servidor/main.py", "cliente/src/main.rs"],
                "servidor/main.py",
                "cliente/src/main.rs",
            ),
            (
                &["server.py", "servidor.py", "client.py", "test_client.py"],
                "server.py",
                "client.py",
            ),
            (
                &["cliente_del_servidor.py", "el_servidor.py"],
                "el_servidor.py",
                "cliente_del_servidor.py",
            ),
            (
                &["ñandú/Servidor.PY", "node_modules/servidor.js", "-cliente=.py"],
                "ñandú/Servidor.PY",
                "-cliente=.py",
            ),
        ] {
            let expected = [server, client].map(|path| Some(path.to_owned()));
            assert_eq!(found(&Names::default(), files), expected);
        }
        assert_eq!(found(&Names::default(), &["tarea.py", "servidor.txt"]), [None, None]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_counts_when_it_leads_to_a_file_of_the_same_submission() {
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for place in [&folder, &other] {
            fs::write(place.path().join("tarea.py"), "").unwrap();
        }
        let link = |target: &Path, name: &str| {
            std::os::unix::fs::symlink(target, folder.path().join(name)).unwrap();
        };
        link(Path::new("tarea.py"), "servidor.py");
        link(&other.path().join("tarea.py"), "cliente.py");
        link(Path::new("."), "redes");
        let found = |side| Names::default().find(folder.path(), side).unwrap();
        assert_eq!(found(Side::Server).unwrap().path, Path::new("servidor.py"));
        assert_eq!(found(Side::Client), None);
    }

    #[test]
    fn given_patterns_win() {
        let names = Names::parse(&["**/tp?.py".to_owned()], &[]).unwrap();
        let files = ["servidor.py", "x/tp1.py", "x/tp2.py", "cliente.py"];
        let expected = ["x/tp1.py", "cliente.py"].map(|path| Some(path.to_owned()));
        assert_eq!(found(&names, &files), expected);
        assert!(Names::parse(&["a{".to_owned()], &[]).is_err());
    }

    #[test]
    fn a_file_alone_is_a_server_unless_it_is_a_client() {
        let names = Names::default();
        assert_eq!(names.side_of(Path::new("perez.py")), Side::Server);
        assert_eq!(names.side_of(Path::new("perez_cliente.py")), Side::Client);
        assert_eq!(names.side_of(Path::new("server-client.py")), Side::Server);
    }
}
