//! Macro for a table of texts. A text without a translation does not compile.

/// Generates methods of [`Language`](crate::language::Language), one per text.
///
/// A text without arguments becomes a `const fn` that returns it. A text with arguments becomes a
/// function that returns a value to display; the text contains each argument as `{name}`.
///
/// The table of the texts, `TEXTS`, is for tests only, unless the entries follow `with table:`.
macro_rules! texts {
    (with table: $($entries:tt)+) => {
        $crate::wording::texts::texts! { @[] $($entries)+ }
    };
    (@[$($for_tests:meta)?] $($(#[$doc:meta])* $vis:vis $name:ident $(($($argument:ident: $type:ty),+))? {
        es: $es:literal, en: $en:literal $(,)?
    })+) => {
        impl $crate::language::Language {
            $($crate::wording::texts::text! {
                $(#[$doc])* $vis $name $(($($argument: $type),+))? { $es, $en }
            })+
        }

        /// Name, Spanish text and English text of every entry in this file.
        $(#[$for_tests])?
        pub(in crate::wording) const TEXTS: &[(&str, &str, &str)] = &[$((stringify!($name), $es, $en)),+];
    };
    ($($entries:tt)+) => {
        $crate::wording::texts::texts! { @[cfg(test)] $($entries)+ }
    };
}

macro_rules! text {
    ($(#[$doc:meta])* $vis:vis $name:ident { $es:literal, $en:literal }) => {
        $(#[$doc])*
        $vis const fn $name(self) -> &'static str {
            self.pick(&$crate::language::Text { es: $es, en: $en })
        }
    };
    ($(#[$doc:meta])* $vis:vis $name:ident($($argument:ident: $type:ty),+) { $es:literal, $en:literal }) => {
        $(#[$doc])*
        $vis fn $name(self, $($argument: $type),+) -> impl std::fmt::Display {
            std::fmt::from_fn(move |f| match self {
                Self::Es => write!(f, $es),
                Self::En => write!(f, $en),
            })
        }
    };
}

pub(super) use {text, texts};
