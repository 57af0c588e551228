//! Java: packages, the layout of Maven and Gradle, and the encoding of sources.

use std::fs;
use std::path::{Path, PathBuf};

use super::files::{files, text};
use super::recipe::Recipe;

/// Output folder for compiled classes.
const CLASSES: &str = ".clases";

/// The folder of the sources in a project of Maven or Gradle.
const LAYOUT: &str = "src/main/java";

/// The folder of the files that such a project reads by name.
const RESOURCES: &str = "src/main/resources";

/// The recipe for Java: a class in a package is started from the folder in which the package's
/// folders begin; one in a project of Maven or Gradle from the project's folder, and with it are
/// compiled all its sources.
pub(super) fn recipe(submission: &Path, file: &Path) -> Recipe {
    let source = text(&submission.join(file));
    let package = source.lines().find_map(|line| {
        let name = line.trim().strip_prefix("package ")?.split(';').next()?.trim();
        Some(name.to_owned())
    });
    let class = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let packages: Vec<&str> = package.iter().flat_map(|name| name.split('.')).collect();
    let mut root = file.parent().unwrap_or(Path::new(""));
    for name in packages.iter().rev() {
        if root.file_name().is_some_and(|folder| folder == *name) {
            root = root.parent().unwrap_or(Path::new(""));
        }
    }
    let main: Vec<&str> = packages.iter().copied().chain([&*class]).collect();
    let main = shell_words::quote(&main.join(".")).into_owned();
    let is_project = root.ends_with(LAYOUT);
    let (folder, compiled, path, classes) = if is_project {
        let project = root.ancestors().nth(3).unwrap_or(Path::new(""));
        let others = other_roots(submission, root, project);
        let path = std::iter::once(LAYOUT.to_owned()).chain(others).collect::<Vec<_>>().join(":");
        let sources = sources(&submission.join(root)).into_iter();
        let sources = sources.map(|source| Path::new(LAYOUT).join(source)).collect();
        (project, sources, path, format!("{CLASSES}:{RESOURCES}"))
    } else {
        let own = file.strip_prefix(root).unwrap_or(file).to_owned();
        (root, vec![own], ".".to_owned(), CLASSES.to_owned())
    };
    let words = compiled.iter().map(|source| Path::new(".").join(source));
    let words = shell_words::join(words.map(|path| path.to_string_lossy().into_owned()));
    let is_utf8 = are_utf8(&submission.join(root));
    let encoding = if is_utf8 { "UTF-8" } else { WINDOWS };
    let path = shell_words::quote(&path).into_owned();
    Recipe {
        folder: folder.to_owned(),
        build: Some(format!("javac -encoding {encoding} -d {CLASSES} -sourcepath {path} {words}")),
        // Its performance data would stay behind in the machine's folder for temporary files.
        start: format!("java -XX:-UsePerfData -cp {classes} {main}"),
        tools: vec!["javac", "java"],
        made_from: None,
        in_windows_1252: !is_utf8,
    }
}

/// The encoding of sources that are not UTF-8: that of Windows in Spanish.
const WINDOWS: &str = "windows-1252";

/// Returns the Java sources in a folder and those below, in order.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let is_source = |file: &PathBuf| {
        let is_module = file.file_name().is_some_and(|name| name == "module-info.java");
        file.extension().is_some_and(|end| end.eq_ignore_ascii_case("java")) && !is_module
    };
    let mut sources: Vec<_> = files(folder).unwrap_or_default().into_iter().collect();
    sources.retain(is_source);
    sources.sort();
    sources
}

/// Returns the folders of sources of a submission's other projects, as seen from this project.
fn other_roots(submission: &Path, root: &Path, project: &Path) -> Vec<String> {
    let files = sources(submission);
    let roots = files.iter().filter_map(|file| file.ancestors().find(|at| at.ends_with(LAYOUT)));
    let mut others: Vec<PathBuf> =
        roots.filter(|other| *other != root).map(Path::to_owned).collect();
    others.dedup();
    let up: PathBuf = project.components().map(|_| "..").collect();
    others.iter().map(|other| up.join(other).to_string_lossy().into_owned()).collect()
}

/// Returns whether all sources in a folder are UTF-8.
fn are_utf8(folder: &Path) -> bool {
    let read = |source: &PathBuf| fs::read(folder.join(source)).unwrap_or_default();
    sources(folder).iter().map(read).all(|source| std::str::from_utf8(&source).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe_of(file: &str, files: &[(&str, &[u8])]) -> Recipe {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        recipe(folder.path(), Path::new(file))
    }

    #[test]
    fn a_class_is_started_from_where_its_package_begins() {
        let files: [(&str, &[u8]); 1] =
            [("src/red/chat/Servidor.java", b"// hola\npackage red.chat;\nvoid main(")];
        let recipe = recipe_of(files[0].0, &files);
        assert_eq!(recipe.folder, Path::new("src"));
        assert_eq!(recipe.start, "java -XX:-UsePerfData -cp .clases red.chat.Servidor");
        let build = "javac -encoding UTF-8 -d .clases -sourcepath . ./red/chat/Servidor.java";
        assert_eq!(recipe.build.unwrap(), build);
    }

    #[test]
    fn a_project_of_maven_is_compiled_with_all_its_sources() {
        let server = "a/servidor/src/main/java/red/Servidor.java";
        let recipe = recipe_of(
            server,
            &[
                (server, b"package red;"),
                ("a/servidor/src/main/java/red/Cola.java", b"package red; // Espa\xf1a"),
                ("a/servidor/src/test/java/red/ColaTest.java", b"package red;"),
                ("a/comun/src/main/java/red/Mensaje.java", b"package red;"),
            ],
        );
        assert_eq!(recipe.folder, Path::new("a/servidor"));
        let start = "java -XX:-UsePerfData -cp .clases:src/main/resources red.Servidor";
        assert_eq!(recipe.start, start);
        let build = "javac -encoding windows-1252 -d .clases -sourcepath \
                     src/main/java:../../a/comun/src/main/java ./src/main/java/red/Cola.java \
                     ./src/main/java/red/Servidor.java";
        assert_eq!(recipe.build.unwrap(), build);
        assert!(recipe.in_windows_1252);
    }
}
