//! Makefiles: what to make for a side, and which of the programs that were made is its own.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::files::{files, side_of_name};
use crate::checks::check::Side;

/// The names of Makefiles, in the order in which `make` looks for them.
pub(super) const MAKEFILES: [&str; 3] = ["GNUmakefile", "makefile", "Makefile"];

/// Parts of the names of targets that run a program or remove it.
const ACTIONS: [&str; 7] = ["run", "start", "clean", "test", "correr", "ejecutar", "limpiar"];

/// Returns the target of this side's program, if one has its name.
pub(super) fn target(makefile: &str, side: Side) -> Option<&str> {
    targets(makefile).find(|target| side_of_target(target) == Some(side))
}

/// Returns the command that makes this side's program, whatever was made before: the target of its
/// name, where the first one makes only the other side's.
pub(super) fn command(makefile: &str, side: Side) -> String {
    let first = targets(makefile).next().and_then(side_of_target);
    let own = target(makefile, side).filter(|_| first.is_some_and(|first| first != side));
    own.map_or_else(|| "make -B".to_owned(), |own| format!("make -B {}", shell_words::quote(own)))
}

fn targets(makefile: &str) -> impl Iterator<Item = &str> {
    let rule = |line: &'_ str| !line.starts_with(['\t', ' ', '#', '.']);
    let rules = makefile.lines().filter(move |line| rule(line));
    let names = rules.filter_map(|line| line.split_once(':').filter(|(_, r)| !r.starts_with('=')));
    names.flat_map(|(names, _)| names.split_whitespace())
}

fn side_of_target(target: &str) -> Option<Side> {
    let target = Path::new(target);
    let name = target.file_name()?.to_string_lossy().to_lowercase();
    let is_program = target.extension().is_none_or(|end| end != "o") && !name.contains(['%', '$']);
    let acts = ACTIONS.iter().any(|action| name.contains(action));
    side_of_name(&name).filter(|_| is_program && !acts)
}

/// The executable files in a folder and those below, each with its time of change.
pub(super) type Executables = HashMap<PathBuf, Option<SystemTime>>;

/// Returns the executables in a folder.
pub(super) fn executables(folder: &Path) -> Executables {
    let everything = files(folder).unwrap_or_default().into_iter();
    let outputs = ["build", "dist", "target"].into_iter().flat_map(|name| {
        let inner = files(&folder.join(name)).unwrap_or_default().into_iter();
        inner.map(move |file| Path::new(name).join(file))
    });
    let timed = everything.chain(outputs).filter_map(|file| {
        let data = fs::metadata(folder.join(&file)).ok()?;
        is_executable(&data).then(|| (file, data.modified().ok()))
    });
    timed.collect()
}

#[cfg(unix)]
fn is_executable(data: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    data.is_file() && data.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(data: &fs::Metadata) -> bool {
    data.is_file()
}

/// Returns this side's program among the executables that are new since `before`: the one with the
/// name of its source, or of its side, the only one, or the one that was made from its source.
pub(super) fn made(folder: &Path, before: &Executables, stem: &str, side: Side) -> Option<PathBuf> {
    let now = executables(folder);
    let is_new = |(file, time): &(PathBuf, Option<SystemTime>)| before.get(file) != Some(time);
    let mut new: Vec<PathBuf> = now.into_iter().filter(is_new).map(|(file, _)| file).collect();
    new.sort();
    let name = |file: &Path| file.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    let own = new.iter().find(|file| name(file) == stem.to_lowercase());
    let named = || new.iter().find(|file| side_of_name(&name(file)) == Some(side));
    let only = || new.first().filter(|_| new.len() == 1);
    let from = || new.iter().find(|file| names_source(&folder.join(file), stem));
    own.or_else(named).or_else(only).or_else(from).cloned()
}

/// Returns whether an executable has the name of this source in its table of symbols.
fn names_source(program: &Path, stem: &str) -> bool {
    let bytes = fs::read(program).unwrap_or_default();
    !stem.is_empty() && memchr::memmem::find(&bytes, format!("\0{stem}.").as_bytes()).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_of_a_side_is_made_where_the_first_is_the_other_s() {
        let both = "CC := gcc\nall: server client\nserver: a.c\n\tgcc -o server a.c\nclient: b.c\n";
        assert_eq!(command(both, Side::Client), "make -B");
        let each = "run-client: x\n\t./x\nbin/servidor servidor.o: a.c\nel_cliente: b.c\n";
        assert_eq!(target(each, Side::Client), Some("el_cliente"));
        assert_eq!(target(each, Side::Server), Some("bin/servidor"));
        let other_first = "servidor: a.c\ncliente: b.c\n";
        assert_eq!(command(other_first, Side::Client), "make -B cliente");
        assert_eq!(command(other_first, Side::Server), "make -B");
        assert_eq!(target("CC := server\n%server: a\n\tserver: x\n", Side::Server), None);
    }

    #[cfg(unix)]
    #[test]
    fn the_program_is_among_what_was_made() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        };
        put("viejo_server");
        let before = executables(folder.path());
        assert_eq!(made(folder.path(), &before, "chat_server", Side::Server), None);
        put("build/uno");
        let source = |side| if side == Side::Server { "chat_server" } else { "chat_client" };
        let made = |side| made(folder.path(), &before, source(side), side);
        assert_eq!(made(Side::Client), Some("build/uno".into()));
        put("server");
        put("client");
        assert_eq!(made(Side::Server), Some("server".into()));
        put("bin/chat_server");
        assert_eq!(made(Side::Server), Some("bin/chat_server".into()));
        assert_eq!(made(Side::Client), Some("client".into()));
    }
}
