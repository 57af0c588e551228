//! The pictures: each is small, is shown in a document, and is described in words.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::{DOCUMENTS, path, read};

/// The largest picture, in bytes: what a page of a few pictures should cost at most.
const DRAWN: u64 = 60_000;
const PHOTOGRAPHED: u64 = 150_000;

/// The fewest words that describe a picture.
const WORDS: usize = 5;

/// The pictures in a document: the text that describes each, and its file as the document names it.
fn shown(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split("![").skip(1).filter_map(|rest| {
        let (words, rest) = rest.split_once("](")?;
        Some((words, rest.split_once(')')?.0))
    })
}

/// The files of the pictures.
fn files() -> impl Iterator<Item = PathBuf> {
    let folder = fs::read_dir(path("docs/pictures")).expect("the pictures");
    folder.map(|file| file.expect("a picture").path())
}

fn is_drawn(picture: &Path) -> bool {
    picture.extension().is_some_and(|extension| extension == "svg")
}

#[test]
fn each_picture_is_described_in_words() {
    for (folder, name) in DOCUMENTS {
        for (words, picture) in shown(&read(&format!("{folder}{name}"))) {
            let enough = words.split_whitespace().count() >= WORDS;
            assert!(enough, "{folder}{name}: {picture} is described as {words:?}");
        }
    }
}

#[test]
fn each_picture_is_shown_and_small() {
    let texts = DOCUMENTS.map(|(folder, name)| read(&format!("{folder}{name}")));
    let used: BTreeSet<&str> = texts
        .iter()
        .flat_map(|text| shown(text))
        .filter_map(|(_, picture)| picture.rsplit('/').next())
        .collect();
    let mut there = BTreeSet::new();
    for file in files() {
        let most = if is_drawn(&file) { DRAWN } else { PHOTOGRAPHED };
        let size = file.metadata().expect("a file").len();
        assert!(size <= most, "{}: {size} bytes", file.display());
        there.insert(file.file_name().and_then(OsStr::to_str).expect("a name").to_owned());
    }
    assert!(there.iter().eq(&used), "there are {there:?}, and documents show {used:?}");
}

/// An image on a page may load nothing, and runs nothing.
#[test]
fn the_drawings_are_complete_in_themselves() {
    for file in files().filter(|file| is_drawn(file)) {
        let text = fs::read_to_string(&file).expect("text");
        let elsewhere = ["<script", "@import", "@font-face", "href", "url("];
        let found = elsewhere.iter().find(|word| text.contains(*word));
        assert_eq!(found, None, "{}", file.display());
    }
}
