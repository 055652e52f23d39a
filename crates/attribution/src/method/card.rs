//! What a method states about itself: its card, and the enums in it.

/// What there is to say of a method, whatever its parameters are.
///
/// ```
/// use saliency_attribution::{Card, Family, RowKind};
///
/// const CARD: Card = Card::new("echo", "1 for the token that the output repeats")
///     .with_family(Family::Control)
///     .with_rows(RowKind::Numbers)
///     .with_cost("none");
/// assert!(CARD.is_called("echo") && CARD.signed);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "each is a statement of its own")]
pub struct Card {
    /// The name in the literature: lower case with hyphens.
    pub name: &'static str,
    /// Other names that are understood: ecco's, captum's, inseq's.
    pub aliases: &'static [&'static str],
    /// One line for a list of methods: the formula first.
    pub summary: &'static str,
    /// Which family it belongs to.
    pub family: Family,
    /// What it asks of a model.
    pub needs: Needs,
    /// The parameters that it has, by their names in [`Parameters`](crate::Parameters).
    pub parameters: &'static [&'static str],
    /// Aliases by which peers mean the method with its sign dropped: the parameter `absolute` comes with them.
    pub absolute_aliases: &'static [&'static str],
    /// What it promises.
    pub axioms: &'static [Axiom],
    /// What it costs, in words: `n` tokens, `m` outputs.
    pub cost: &'static str,
    /// Whether the predicted number of passes is an upper bound, since the rest depends on what the passes find.
    pub cost_is_a_bound: bool,
    /// The paper that defines it.
    pub source: &'static str,
    /// Whether the sign of its numbers means something.
    pub signed: bool,
    /// What a row is made of, which decides its default reduction.
    pub rows: RowKind,
    /// Whether it explains the target; `false` where it describes the model's run, whatever the target is.
    pub uses_target: bool,
    /// Whether the attributions of a sum of targets are the sum of theirs.
    pub additive: bool,
    /// Whether its rows are linear in the target's gradient, and it takes the target through `Problem::gradients`,
    /// `gradients_at`, `value` and `value_at_input` alone. Outputs that are explained as one are then one output of the
    /// problem, whose target is the sum of theirs: one backward pass instead of one for each.
    pub linear_in_gradient: bool,
    /// Whether it explains a span itself, by [`Problem::span_as_one`](crate::Problem::span_as_one), although its
    /// attributions of a sum are not the sum of theirs.
    pub explains_spans: bool,
}

impl Card {
    /// A signed method of vectors, by gradients, that any model will do for and that promises nothing more. The setters
    /// say what is otherwise.
    pub const fn new(name: &'static str, summary: &'static str) -> Self {
        Self {
            name,
            aliases: &[],
            summary,
            family: Family::Gradient,
            needs: Needs::Embeddings,
            parameters: &[],
            absolute_aliases: &[],
            axioms: &[],
            cost: "",
            cost_is_a_bound: false,
            source: "",
            signed: true,
            rows: RowKind::Vectors,
            uses_target: true,
            additive: true,
            linear_in_gradient: false,
            explains_spans: false,
        }
    }

    /// Whether this is the method's name or an alias; `_` is as good as `-`.
    pub fn is_called(&self, name: &str) -> bool {
        let name = name.replace('_', "-");
        self.name == name || self.aliases.contains(&&*name) || self.drops_sign(&name)
    }

    /// Every alias, those that drop the sign last.
    pub fn all_aliases(&self) -> Vec<&'static str> {
        [self.aliases, self.absolute_aliases].concat()
    }

    /// Whether this is an alias that drops the sign.
    pub(crate) fn drops_sign(&self, name: &str) -> bool {
        self.absolute_aliases.contains(&&*name.replace('_', "-"))
    }
}

/// Declares a setter for each field of a card, but for its name and its summary.
macro_rules! setters {
    ($($setter:ident: $field:ident: $type:ty),* $(,)?) => {
        impl Card {
            $(
                #[doc = concat!("The card with another [`", stringify!($field), "`](Self::", stringify!($field), ").")]
                #[must_use]
                pub const fn $setter(mut self, $field: $type) -> Self {
                    self.$field = $field;
                    self
                }
            )*
        }
    };
}

setters! {
    with_aliases: aliases: &'static [&'static str],
    with_family: family: Family,
    with_needs: needs: Needs,
    with_parameters: parameters: &'static [&'static str],
    with_absolute_aliases: absolute_aliases: &'static [&'static str],
    with_axioms: axioms: &'static [Axiom],
    with_cost: cost: &'static str,
    with_cost_is_a_bound: cost_is_a_bound: bool,
    with_source: source: &'static str,
    with_signed: signed: bool,
    with_rows: rows: RowKind,
    with_uses_target: uses_target: bool,
    with_additive: additive: bool,
    with_linear_in_gradient: linear_in_gradient: bool,
    with_explains_spans: explains_spans: bool,
}

/// What a method's rows are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RowKind {
    /// A vector over the hidden dimensions for each token.
    Vectors,
    /// The same, and a vector's sum is the number that the method is about.
    VectorsThatAddUp,
    /// One number for each token.
    Numbers,
}

/// Where a method takes its numbers from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Family {
    /// Derivatives.
    Gradient,
    /// Ablations: runs without some of the tokens.
    Perturbation,
    /// What the model does inside.
    Inside,
    /// Nothing: something to compare with.
    Control,
}

impl Family {
    /// The name, lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gradient => "gradient",
            Self::Perturbation => "perturbation",
            Self::Inside => "inside",
            Self::Control => "control",
        }
    }
}

/// What a method asks of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Needs {
    /// Token embeddings in, logits out: every model.
    Embeddings,
    /// A transformer that shows its inside ([`Inside`](crate::Inside)).
    Inside,
}

impl Needs {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Embeddings => "any model",
            Self::Inside => "a transformer's inside",
        }
    }
}

/// What a method promises of its attributions, exactly or as far as its sampling or quadrature goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Axiom {
    /// A row adds up to f(x) − f(baseline).
    Completeness,
    /// A token whose embedding changes nothing gets nothing.
    Dummy,
    /// Tokens that are interchangeable, in the model and in the baseline, get the same.
    Symmetry,
    /// The attributions of a sum of targets are the sum of theirs.
    Linearity,
    /// Models that compute the same function get the same attributions.
    ImplementationInvariance,
}

impl Axiom {
    /// The name, lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Completeness => "completeness",
            Self::Dummy => "dummy",
            Self::Symmetry => "symmetry",
            Self::Linearity => "linearity",
            Self::ImplementationInvariance => "implementation invariance",
        }
    }
}
