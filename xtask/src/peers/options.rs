//! What is compared, as the command line asks for it.

use super::model::Model;

/// What is compared, as the command line asks for it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(super) turns: usize,
    pub(super) method: Method,
    pub(super) model: Model,
}

/// What all programs have.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Method {
    GradientXInput,
    IntegratedGradients { steps: u32 },
}

impl Options {
    /// Reads the arguments after `peers`; the error says what is wrong with them.
    pub(crate) fn parse(args: &[String]) -> Result<Self, String> {
        let (mut turns, mut method, mut steps) = (1, "gradient-x-input", None);
        let mut model = Model::Gpt2Small;
        let mut args = args.iter();
        while let Some(name) = args.next() {
            if !["--turns", "--method", "--steps", "--model"].contains(&name.as_str()) {
                return Err(format!("`peers` takes no argument `{name}`"));
            }
            let value = args.next().ok_or_else(|| format!("`{name}` wants a value"))?;
            let positive = || match value.parse::<u32>() {
                Ok(n) if n > 0 => Ok(n),
                _ => Err(format!("`{name}` wants a number from 1, not `{value}`")),
            };
            match name.as_str() {
                "--turns" => turns = positive()? as usize,
                "--steps" => steps = Some(positive()?),
                "--model" => {
                    model = Model::named(value).ok_or_else(|| {
                        format!("`--model` is gpt2-small, smollm2 or t5-small, not `{value}`")
                    })?;
                }
                _ => method = value,
            }
        }
        let method = match (method, steps) {
            ("gradient-x-input", None) => Method::GradientXInput,
            ("gradient-x-input", Some(_)) => {
                return Err("`--steps` is for `--method integrated-gradients`".to_owned());
            }
            ("integrated-gradients", steps) => Method::IntegratedGradients { steps: steps.unwrap_or(50) },
            (other, _) => {
                return Err(format!(
                    "`--method` is gradient-x-input or integrated-gradients, which all programs have, not `{other}`"
                ));
            }
        };
        Ok(Self { turns, method, model })
    }

    /// How many tokens are generated: just one where each costs a peer minutes.
    pub(super) fn n_output(&self) -> usize {
        match self.method {
            Method::GradientXInput => self.model.n_output(),
            Method::IntegratedGradients { .. } => 1,
        }
    }
}

impl Method {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::GradientXInput => "gradient-x-input",
            Self::IntegratedGradients { .. } => "integrated-gradients",
        }
    }

    /// The points on its path, 0 where it has none.
    pub(super) fn steps(&self) -> u32 {
        match self {
            Self::GradientXInput => 0,
            Self::IntegratedGradients { steps } => *steps,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Method, Options};
    use crate::peers::model::Model;

    fn parse(line: &str) -> Result<Options, String> {
        let args: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Options::parse(&args)
    }

    #[test]
    fn arguments_are_read_in_any_order() {
        assert_eq!(
            parse(""),
            Ok(Options { turns: 1, method: Method::GradientXInput, model: Model::Gpt2Small })
        );
        let method = Method::IntegratedGradients { steps: 20 };
        assert_eq!(
            parse("--steps 20 --method integrated-gradients --turns 3 --model smollm2"),
            Ok(Options { turns: 3, method, model: Model::Smollm2 })
        );
        let method = Method::IntegratedGradients { steps: 50 };
        assert_eq!(
            parse("--method integrated-gradients"),
            Ok(Options { turns: 1, method, model: Model::Gpt2Small })
        );
    }

    #[test]
    fn mistakes_are_named() {
        for (line, wrong) in [
            ("--turn 3", "no argument `--turn`"),
            ("--turns", "`--turns` wants a value"),
            ("--turns 0", "a number from 1, not `0`"),
            ("--turns some", "a number from 1, not `some`"),
            ("--method occlusion", "not `occlusion`"),
            ("--model gpt2", "not `gpt2`"),
            ("--steps 20", "`--steps` is for `--method integrated-gradients`"),
        ] {
            let message = parse(line).expect_err(line);
            assert!(message.contains(wrong), "{line}: {message}");
        }
    }
}
