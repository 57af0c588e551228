//! Programming languages: how programs in each are built and started.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::files::{text, words};
use super::recipe::Recipe;
use super::{java, make};
use crate::checks::check::Side;

/// The programming language of a program. An earlier variant wins when everything else is equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Language {
    Python,
    Java,
    Node,
    Npm,
    C,
    Cpp,
    Go,
    Rust,
    Make,
}

impl Language {
    /// Returns the language of a file, by its name.
    pub(crate) fn of(file: &Path) -> Option<Self> {
        if file.file_name()? == "package.json" {
            return Some(Self::Npm);
        }
        if make::MAKEFILES.iter().any(|makefile| file.ends_with(makefile)) {
            return Some(Self::Make);
        }
        Some(match file.extension()?.to_str()?.to_lowercase().as_str() {
            "py" => Self::Python,
            "java" => Self::Java,
            "js" | "mjs" | "cjs" => Self::Node,
            "c" => Self::C,
            "cpp" | "cc" | "cxx" => Self::Cpp,
            "go" => Self::Go,
            "rs" => Self::Rust,
            _ => return None,
        })
    }

    /// Returns whether a file has an entry point, and is not only a part of a program.
    pub(crate) fn can_start(self, file: &Path) -> bool {
        matches!(self, Self::Python | Self::Node) || has_main(&text(file))
    }

    /// The script of a `package.json` that starts this side.
    pub(crate) fn script(file: &Path, side: Side) -> Option<String> {
        let package: Value = serde_json::from_str(&text(file)).ok()?;
        let start = (side == Side::Server).then_some("start");
        let names = words(side).into_iter().chain(start);
        let mut scripts = names.filter(|name| package["scripts"][*name].is_string());
        scripts.next().map(str::to_owned)
    }

    /// Returns the recipe for a file of this language in a submission.
    pub(crate) fn recipe(self, submission: &Path, file: &Path, side: Side) -> Recipe {
        let folder = file.parent().unwrap_or(Path::new("")).to_owned();
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        // A name may begin with a dash.
        let path = shell_words::quote(&format!("./{name}")).into_owned();
        let simply = |start: String, tool| Recipe {
            folder: folder.clone(),
            build: None,
            start,
            tools: vec![tool],
            made_from: None,
            in_windows_1252: false,
        };
        match self {
            Self::Python => simply(format!("python3 {path}"), "python3"),
            Self::Node => simply(format!("node {path}"), "node"),
            Self::Npm => npm(&submission.join(file), side, &simply),
            Self::Java => java::recipe(submission, file),
            Self::Make => by_make(&submission.join(file), folder, String::new(), side),
            Self::C => self.compiled(submission, file, side, ("gcc -O1 -pthread", "gcc")),
            Self::Cpp => self.compiled(submission, file, side, ("g++ -O1 -pthread", "g++")),
            Self::Go => self.compiled(submission, file, side, ("go build", "go")),
            Self::Rust => self.rust(submission, file, side),
        }
    }

    /// The recipe for a compiled program: the file with the parts that lie beside it; where a
    /// Makefile names the file, `make`.
    fn compiled(
        self,
        submission: &Path,
        file: &Path,
        side: Side,
        (compiler, tool): (&str, &'static str),
    ) -> Recipe {
        let folder = file.parent().unwrap_or(Path::new("")).to_owned();
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        let all = file.ancestors().skip(1).flat_map(|at| make::MAKEFILES.map(|name| at.join(name)));
        let mut makefiles = all.filter(|path| text(&submission.join(path)).contains(&*stem));
        if let Some(makefile) = makefiles.next() {
            let folder = makefile.parent().unwrap_or(Path::new("")).to_owned();
            let mut recipe = by_make(&submission.join(&makefile), folder, stem.into_owned(), side);
            recipe.tools.push(tool);
            return recipe;
        }
        let program = format!("./{stem}");
        let program = shell_words::quote(&program);
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let parts = self.parts(&submission.join(&folder));
        let sources = std::iter::once(name).chain(parts).map(|name| format!("./{name}"));
        let build = format!("{compiler} -o {program} {}", shell_words::join(sources));
        Recipe {
            folder,
            build: Some(build),
            start: program.into_owned(),
            tools: vec![tool],
            made_from: None,
            in_windows_1252: false,
        }
    }

    /// Returns the names of the other source files in a folder that belong to a program of this
    /// language.
    fn parts(self, folder: &Path) -> Vec<String> {
        let is_part = |file: &Path| {
            let stem = file.file_stem().unwrap_or_default().to_string_lossy();
            Self::of(file) == Some(self) && !stem.ends_with("_test") && !has_main(&text(file))
        };
        // The Rust compiler finds them by itself.
        let entries = (self != Self::Rust).then(|| fs::read_dir(folder));
        let entries = entries.into_iter().flatten().flatten().flatten().map(|entry| entry.path());
        let parts = entries.filter(|file| file.is_file() && is_part(file));
        let names = parts.filter_map(|file| Some(file.file_name()?.to_str()?.to_owned()));
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    /// A crate is built by cargo, without a network; a file alone by rustc.
    fn rust(self, submission: &Path, file: &Path, side: Side) -> Recipe {
        let is_home = |at: &&Path| submission.join(at).join("Cargo.toml").is_file();
        let home = file.ancestors().skip(1).find(is_home);
        let Some(home) = home else {
            return self.compiled(submission, file, side, ("rustc -O", "rustc"));
        };
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        let binary = if stem == "main" {
            let manifest: Option<toml::Table> =
                text(&submission.join(home).join("Cargo.toml")).parse().ok();
            let name =
                manifest.and_then(|m| Some(m.get("package")?.get("name")?.as_str()?.to_owned()));
            name.unwrap_or_else(|| stem.into_owned())
        } else {
            stem.into_owned()
        };
        let binary = shell_words::quote(&binary).into_owned();
        Recipe {
            folder: home.to_owned(),
            build: Some(format!("cargo build --quiet --offline --bin {binary}")),
            start: format!("./target/debug/{binary}"),
            tools: vec!["cargo"],
            made_from: None,
            in_windows_1252: false,
        }
    }
}

/// The recipe for what a Makefile builds from this source, or for what has the name of its side.
fn by_make(makefile: &Path, folder: PathBuf, source: String, side: Side) -> Recipe {
    Recipe {
        folder,
        build: Some(make::command(&text(makefile), side)),
        start: format!("./{source}"),
        tools: vec!["make"],
        made_from: Some(source),
        in_windows_1252: false,
    }
}

/// Returns whether a source has an entry point: `main(`, or `main (`.
fn has_main(source: &str) -> bool {
    source.match_indices("main").any(|(at, word)| {
        let (before, behind) = (&source[..at], &source[at + word.len()..]);
        !before.ends_with(|c: char| c.is_alphanumeric() || c == '_')
            && behind.trim_start().starts_with('(')
    })
}

/// A script that is simply `node FILE` is started without npm between.
fn npm(file: &Path, side: Side, simply: &dyn Fn(String, &'static str) -> Recipe) -> Recipe {
    let name = Language::script(file, side).unwrap_or_else(|| "start".to_owned());
    let package: Value = serde_json::from_str(&text(file)).unwrap_or_default();
    let script = package["scripts"][&name].as_str().unwrap_or_default();
    let plain = script.starts_with("node ") && !script.contains(['&', '|', ';', '$', '>']);
    if plain {
        simply(script.to_owned(), "node")
    } else {
        simply(format!("npm run --silent {}", shell_words::quote(&name)), "npm")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe(file: &str, files: &[(&str, &str)]) -> (PathBuf, Option<String>, String) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let file = Path::new(file);
        let recipe = Language::of(file).unwrap().recipe(folder.path(), file, Side::Server);
        (recipe.folder, recipe.build, recipe.start)
    }

    #[test]
    fn a_script_is_started_where_it_is() {
        let expected = ("a b".into(), None, "python3 './-el servidor.py'".to_owned());
        assert_eq!(recipe("a b/-el servidor.py", &[]), expected);
        let package = r#"{"scripts": {"start": "node index.js", "server": "node a.js && b"}}"#;
        let files = [("x/package.json", package)];
        let expected = ("x".into(), None, "npm run --silent server".to_owned());
        assert_eq!(recipe("x/package.json", &files), expected);
    }

    #[test]
    fn a_makefile_knows_better() {
        let alone = "gcc -O1 -pthread -o ./servidor ./servidor.c".to_owned();
        let expected = ("".into(), Some(alone), "./servidor".to_owned());
        assert_eq!(recipe("servidor.c", &[]), expected);
        let files = [("Makefile", "all: servidor cliente")];
        assert_eq!(recipe("servidor.c", &files).1.unwrap(), "make -B");
        let files = [("Makefile", "servidor: src/servidor.c")];
        let expected = ("".into(), Some("make -B".to_owned()), "./servidor".to_owned());
        assert_eq!(recipe("src/servidor.c", &files), expected);
    }

    #[test]
    fn what_is_no_program_is_part_of_those_beside_it() {
        let files = [
            ("tp/servidor.c", "int main (void) {"),
            ("tp/cliente.c", "int main(void) {"),
            ("tp/útil 2.c", "int remain(int);"),
            ("tp/cola.c", ""),
            ("tp/util.h", ""),
            ("tp/util.cpp", ""),
            ("otra.c", ""),
        ];
        let build = recipe("tp/servidor.c", &files).1.unwrap();
        assert_eq!(build, "gcc -O1 -pthread -o ./servidor ./servidor.c ./cola.c './útil 2.c'");
    }

    #[test]
    fn a_crate_is_built_by_cargo() {
        let files = [("servidor/Cargo.toml", "[package]\nname = 'mi-chat'")];
        let (folder, build, start) = recipe("servidor/src/main.rs", &files);
        assert_eq!((folder, &*start), ("servidor".into(), "./target/debug/mi-chat"));
        assert!(build.unwrap().ends_with("--bin mi-chat"));
        assert_eq!(recipe("servidor.rs", &[]).1.unwrap(), "rustc -O -o ./servidor ./servidor.rs");
    }
}
