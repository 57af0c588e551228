//! The table of texts: each stands in every language or does not compile.

/// Writes methods of [`Language`](crate::language::Language), one for each text.
///
/// A text without arguments becomes a constant function that returns it. One with arguments becomes
/// a function that returns something to display; the arguments stand in the text as `{name}`.
macro_rules! texts {
    ($($(#[$doc:meta])* $vis:vis $name:ident $(($($argument:ident: $type:ty),+))? {
        es: $es:literal, en: $en:literal $(,)?
    })+) => {
        impl $crate::language::Language {
            $($crate::wording::texts::text! {
                $(#[$doc])* $vis $name $(($($argument: $type),+))? { $es, $en }
            })+
        }

        /// Name, Spanish, English of every text of this file.
        #[cfg(test)]
        pub(super) const TEXTS: &[(&str, &str, &str)] = &[$((stringify!($name), $es, $en)),+];
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
