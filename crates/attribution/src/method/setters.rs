//! The setters of methods: each takes anything, and `Method::check` refuses what is out of range.

/// Declares setters inside an `impl`, a line each: documentation, the parameter's name, what is given, and the field
/// that takes it.
macro_rules! setters {
    ($($(#[$doc:meta])+ $name:ident: $given:ty => $($field:ident).+;)+) => {
        $(
            $(#[$doc])+
            #[must_use]
            pub fn $name(mut self, $name: $given) -> Self {
                self.$($field).+ = $name.into();
                self
            }
        )+
    };
}

pub(crate) use setters;
