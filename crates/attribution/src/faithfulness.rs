//! How far a model's answers follow attributions: what the target does while tokens are removed in the order that a
//! record gives them, beside random orders.

mod curves;
mod grid;
mod metrics;
mod order;
mod soft;
mod subsets;

use crate::coalitions::game::{Game, GameRules};
use crate::error::Error;
use crate::faithfulness::curves::Chains;
use crate::faithfulness::grid::Grid;
use crate::faithfulness::metrics::metrics;
use crate::faithfulness::order::{Order, random, seed_of_text};
use crate::faithfulness::soft::Soft;
use crate::faithfulness::subsets::Sets;
use crate::method::ablation::Ablation;
use crate::method::baseline::Baseline;
use crate::model::LanguageModel;
use crate::model::sequence::Sequence;
use crate::problem::Problem;
use crate::problem::backward::with_gradients;
use crate::problem::progress::Progress;
use crate::problem::settings::Settings;
use crate::target::Target;
use saliency_schema::Record;
use saliency_schema::scores::{Cost, Measurement};
use std::collections::BTreeMap;

/// How faithfulness is measured: which tokens go, how, and beside how many random orders.
///
/// Of each output, tokens of its context are removed, the most relevant ones first and the least relevant ones first,
/// by the signed attributions of a record, or by the sizes of those that have no sign; of equal ones the earlier token
/// first, and what is missing as 0. Every record and every random order removes the same numbers of tokens. At least
/// one token stays, so that all ways of removing can be compared.
///
/// ```
/// use saliency_attribution::testing::Linear;
/// use saliency_attribution::{Attributor, Baseline, Faithfulness, Sequence, target};
///
/// let model = Linear::new(6, 3);
/// let sequence = Sequence::from_ids(&[0, 1, 2, 3], &[4])?;
/// let record = Attributor::new().target("logit").method("occlusion").record(&model, &sequence)?;
/// let faithfulness = Faithfulness::quick().operators(vec![Baseline::Zero.into()]);
/// let measured = faithfulness.measure(&model, &sequence, &*target("logit")?, &[&record], &[0], &mut |_| true)?;
/// // On a linear model, occlusion's order is the best that there is.
/// let area = |place: usize| measured.measurements[place].metrics["area-between"];
/// assert!((1..=5).all(|random| area(random) <= area(0)));
/// # Ok::<(), saliency_attribution::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Faithfulness {
    operators: Vec<Ablation>,
    steps: usize,
    draws: u32,
    subsets: usize,
    leave_one_out: bool,
    soft: usize,
    seed: u64,
    settings: Settings,
}

/// What was measured, and what it took.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Measured {
    /// Of each output and operator: a measurement of each record, whose `method` is its place among the records; then
    /// one of each random order, whose `method` is the number of records. `text` is 0.
    pub measurements: Vec<Measurement>,
    /// Tokens that went forward, beside what whole passes would have taken.
    pub cost: Cost,
}

impl Default for Faithfulness {
    fn default() -> Self {
        Self::new()
    }
}

impl Faithfulness {
    /// Four operators: deletion, masking, the mean embedding, and tokens that the model samples in their place; 16
    /// steps, 20 random orders, 64 random subsets, each token left out once, 10 soft masks; seed 0.
    pub fn new() -> Self {
        let operators = vec![
            Ablation::Deletion,
            Ablation::Masking,
            Baseline::Mean.into(),
            Ablation::Resampled { draws: 1, seed: 0 },
        ];
        let settings = Settings::default();
        Self {
            operators,
            steps: 16,
            draws: 20,
            subsets: 64,
            leave_one_out: true,
            soft: 10,
            seed: 0,
            settings,
        }
    }

    /// What is quick: deletion and the mean embedding, 8 steps, 5 random orders, no subsets, no leaving out of each
    /// token, no soft masks.
    pub fn quick() -> Self {
        let operators = vec![Ablation::Deletion, Baseline::Mean.into()];
        Self { operators, steps: 8, draws: 5, subsets: 0, leave_one_out: false, soft: 0, ..Self::new() }
    }

    /// How tokens are removed. Each way is another question, with a verdict of its own.
    #[must_use]
    pub fn operators(self, operators: Vec<Ablation>) -> Self {
        Self { operators, ..self }
    }

    /// The same without the operators that a model can't serve, and these.
    #[must_use]
    pub fn for_model(mut self, model: &dyn LanguageModel) -> (Self, Vec<Ablation>) {
        let serves = |operator: &Ablation| match operator {
            Ablation::Masking => model.shares_prefix(),
            Ablation::Resampled { .. } => model.kept_inputs() == 0,
            _ => true,
        };
        let (served, others) = self.operators.into_iter().partition(serves);
        self.operators = served;
        (self, others)
    }

    /// How many shares of the tokens are removed, at least 5: 1, 5, 10, 20 and 50 %, and the rest evenly up to all but
    /// one.
    #[must_use]
    pub fn steps(self, steps: usize) -> Self {
        Self { steps, ..self }
    }

    /// How many random orders of the same tokens stand beside.
    #[must_use]
    pub fn random_orders(self, draws: u32) -> Self {
        Self { draws, ..self }
    }

    /// How many random subsets of the tokens are removed, for `infidelity` and `lds`; none with 0.
    #[must_use]
    pub fn subsets(self, subsets: usize) -> Self {
        Self { subsets, ..self }
    }

    /// Whether each token is left out once, for `tau-leave-one-out`.
    #[must_use]
    pub fn leave_one_out(self, leave_one_out: bool) -> Self {
        Self { leave_one_out, ..self }
    }

    /// How many soft masks there are, for `soft-nc` and `soft-ns`; none with 0.
    #[must_use]
    pub fn soft(self, samples: usize) -> Self {
        Self { soft: samples, ..self }
    }

    /// The seed of random orders, subsets, soft masks and tokens that are sampled in place of removed ones. Each text
    /// has draws of its own, which its tokens decide.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Bytes that passes may take together, besides the weights.
    #[must_use]
    pub fn memory(self, bytes: usize) -> Self {
        Self { settings: self.settings.memory(bytes), ..self }
    }

    /// How many tokens go forward at most to measure so many records of a sequence at some of its outputs: as many as
    /// whole passes would take, each set of removed tokens by itself.
    pub fn tokens_at_most(&self, sequence: &Sequence, records: usize, outputs: &[usize]) -> u64 {
        let orders = records + self.draws as usize;
        let sets = |context: usize| {
            let grid = Grid::new(context, self.steps);
            let many = context > 1;
            let singles = if self.leave_one_out && many { context } else { 0 };
            2 * grid.counts.len() * orders + if many { self.subsets } else { 0 } + singles
        };
        let runs = |operator: &Ablation| match operator {
            Ablation::Resampled { draws, .. } => *draws as usize,
            _ => 1,
        };
        let a_set: usize = self.operators.iter().map(runs).sum();
        let of = |output: &usize| {
            let context = sequence.n_input() + output;
            let soft = if self.soft > 0 && context > 0 { 2 * self.soft * orders + 1 } else { 0 };
            (context * (sets(context) * a_set + soft)) as u64
        };
        outputs.iter().map(of).sum()
    }

    /// Measures records of one sequence at some of its outputs.
    ///
    /// Metrics, in units of the target where nothing else is said; `c(k)` is what the target loses without the `k`
    /// most relevant tokens, `s(k)` what it loses with these alone:
    /// - `comprehensiveness`, `sufficiency`: `c` and `s` at 20 % of the tokens; `aopc-comprehensiveness`,
    ///   `aopc-sufficiency`: their mean over 1, 5, 10, 20 and 50 % and 0 %, where they are 0 and `s(0) = c(all)`, as
    ///   the paper has it, and `…-released` without 0 %, as its code does (`DeYoung` and others 2020, "ERASER").
    /// - `deletion-area`, `insertion-area`: the mean height of the target over the share that is removed, the most and
    ///   the least relevant tokens first (Petsiuk and others 2018, "RISE"); `area-between`, insertion − deletion
    ///   (Samek and others 2017).
    /// - `log-odds`: `−c(20 %)`, of the target `log-probability` alone.
    /// - `tau-leave-one-out`: Kendall's τ-b of attributions and what the target loses without each token alone.
    /// - `infidelity`: the mean of `(β Σ a − Δ)²` over random subsets, with `Σ a` their attributions, `Δ` what the
    ///   target loses without them, and `β` the factor that fits best (Yeh and others 2019); `lds`: Spearman's
    ///   correlation of the sums of the attributions that are kept and the target (Park and others 2023, "TRAK").
    /// - `soft-nc`, `soft-ns`, under the operator `bernoulli`: single numbers of the embeddings are kept, or else 0,
    ///   each with its token's probability `p`, in proportion to the size of its attribution and ½ on the average, so
    ///   that no method keeps more than another (π-Soft, arXiv 2601.03089). With `H` the mean Hellinger distance of the
    ///   next token's probabilities to the clean ones, `H₀` that without any number:
    ///   `soft-ns = max(0, H₀ − H(p)) / H₀`, `soft-nc = H(1 − p) / H₀` (Zhao & Aletras 2023, "Incorporating
    ///   Attribution Importance for Improving Faithfulness Metrics"; as Zhao & Shan 2024, "ReAGent", have it). The
    ///   target takes no part.
    ///
    /// Cost: for each output and operator at most `2 × steps × (records + random orders)` forward passes, and for
    /// each operator one for each subset and each token, from which all outputs are read; sets of tokens that occur
    /// twice run once, and all from their first removed token on where the model has a prefix cache. Soft masks take
    /// `2 × samples × (records + random orders) + 1` for each output.
    ///
    /// # Errors
    /// Records of another sequence, outputs beyond it, parameters out of range, an operator that the model can't serve;
    /// a failing model; [`Error::Stopped`].
    pub fn measure(
        &self,
        model: &dyn LanguageModel,
        sequence: &Sequence,
        target: &dyn Target,
        records: &[&Record],
        outputs: &[usize],
        watch: &mut dyn FnMut(Progress) -> bool,
    ) -> Result<Measured, Error> {
        self.check(sequence, records, outputs)?;
        let own = self.of_text(sequence);
        let (mut measurements, mut cost) = (Vec::new(), (0.0, 0.0));
        let parts = outputs.len() as f64 + 1.0;
        let mut first = |done: Progress| watch(Progress { share: done.share / parts, ..done });
        let (sets, forward) = own.sets(model, sequence, target, outputs, &mut first)?;
        cost.0 += forward;
        for (done, &output) in outputs.iter().enumerate() {
            let cut = sequence.cut(output + 1);
            let share = |share: f64| (done as f64 + 1.0 + share) / parts;
            let mut watch = |done: Progress| watch(Progress { share: share(done.share), ..done });
            with_gradients(|| {
                let problem = Problem::watched(model, &cut, target, own.settings, Some(&mut watch))?;
                let context = problem.row_length(output);
                for (operator, sets) in own.operators.iter().zip(&sets) {
                    let game = Game::new(&problem, &GameRules::tokens(operator.clone()), "faithfulness")?;
                    let asked = own.of_output(&game, output, (operator, records, sets), &mut measurements)?;
                    cost.1 += (asked * context) as f64;
                }
                let asked = own.soft_of(&problem, output, records, &mut measurements)?;
                cost.1 += (asked * context) as f64;
                cost.0 += problem.cost().forwards * context as f64;
                Ok::<(), Error>(())
            })?;
        }
        let whole = |tokens: f64| tokens.round() as u64;
        Ok(Measured { measurements, cost: Cost::new(whole(cost.0), whole(cost.1)) })
    }

    /// The same with the seeds of a text.
    fn of_text(&self, sequence: &Sequence) -> Self {
        let seeded = |operator: &Ablation| match operator {
            Ablation::Resampled { draws, seed } => {
                Ablation::Resampled { draws: *draws, seed: seed ^ self.seed }
            }
            other => other.clone(),
        };
        let operators = self.operators.iter().map(seeded).collect();
        Self { operators, seed: seed_of_text(self.seed, sequence.ids()), ..self.clone() }
    }

    /// Of each operator the sets that all outputs share, and the tokens that went forward for them.
    fn sets(
        &self,
        model: &dyn LanguageModel,
        sequence: &Sequence,
        target: &dyn Target,
        outputs: &[usize],
        watch: &mut dyn FnMut(Progress) -> bool,
    ) -> Result<(Vec<Sets>, f64), Error> {
        let Some(last) = outputs.iter().max().filter(|_| self.subsets > 0 || self.leave_one_out) else {
            return Ok((self.operators.iter().map(|_| Sets::default()).collect(), 0.0));
        };
        let whole = sequence.cut(last + 1);
        with_gradients(|| {
            let problem = Problem::watched(model, &whole, target, self.settings, Some(watch))?;
            let sets = self.operators.iter().map(|operator| {
                let game = Game::new(&problem, &GameRules::tokens(operator.clone()), "faithfulness")?;
                Sets::run(&game, (self.subsets, self.seed), self.leave_one_out)
            });
            let sets = sets.collect::<Result<_, Error>>()?;
            Ok((sets, problem.cost().forwards * problem.row_length(*last) as f64))
        })
    }

    /// Measures soft masks at one output, and gives the number of passes that were asked for.
    fn soft_of(
        &self,
        problem: &Problem<'_>,
        output: usize,
        records: &[&Record],
        measurements: &mut Vec<Measurement>,
    ) -> Result<usize, Error> {
        let fixed = problem.n_input() - problem.model().kept_inputs()..problem.n_input();
        let removable: Vec<usize> =
            (0..problem.row_length(output)).filter(|token| !fixed.contains(token)).collect();
        if self.soft == 0 || removable.is_empty() {
            return Ok(0);
        }
        let soft = Soft::new(problem, output, &removable, (self.soft, self.seed))?;
        let sizes = |record: &&Record| row(record, output, &removable).into_iter().map(f64::abs).collect();
        let drawn = (0..self.draws).map(|draw| random(removable.len(), self.seed, (output, draw)));
        let rows: Vec<Vec<f64>> =
            records.iter().map(sizes).chain(drawn.map(|order| soft::sizes_of(&order))).collect();
        for (place, sizes) in rows.iter().enumerate() {
            let measurement = measurement(place, records.len(), (soft::OPERATOR, output));
            let of = |all: Measurement, (name, value)| all.with_metric(name, value);
            measurements.push(soft.metrics(sizes)?.into_iter().fold(measurement, of));
        }
        Ok(2 * self.soft * rows.len() + 1)
    }

    /// Measures all orders at one output, and gives the number of passes that were asked for.
    fn of_output(
        &self,
        game: &Game<'_, '_>,
        output: usize,
        (operator, records, sets): (&Ablation, &[&Record], &Sets),
        measurements: &mut Vec<Measurement>,
    ) -> Result<usize, Error> {
        let context = game.problem.row_length(output);
        let removable: Vec<usize> =
            (0..context).filter(|token| game.predicted_without(&[*token])[output]).collect();
        let rows: Vec<Vec<f64>> = records.iter().map(|record| row(record, output, &removable)).collect();
        let drawn = (0..self.draws).map(|draw| random(removable.len(), self.seed, (output, draw)));
        let orders: Vec<Order> = rows.iter().map(|row| Order::of(row)).chain(drawn).collect();
        let grid = Grid::new(removable.len(), self.steps);
        let mut runs = Runs { removable: &removable, places: BTreeMap::new() };
        let chains: Vec<Chains> = orders.iter().map(|order| Chains::of(order, &grid, &mut runs)).collect();
        let many = removable.len() > 1;
        let subsets = (self.subsets > 0 && many).then(|| sets.at(output, &removable));
        let singles = if self.leave_one_out && many { &removable[..] } else { &[] };
        let asked = chains.iter().map(Chains::len).sum::<usize>()
            + if many { self.subsets } else { 0 }
            + singles.len();

        let values = runs.values(game, output)?;
        let clean = game.problem.value_at_input(output)?;
        let is_log = game.problem.target().name() == "log-probability";
        for (place, chains) in chains.iter().enumerate() {
            let curves = chains.curves(&values, clean);
            let mut measurement = measurement(place, records.len(), (&operator.to_string(), output));
            for (name, value) in metrics(&curves, &grid, is_log) {
                measurement = measurement.with_metric(name, value);
            }
            if let Some(row) = rows.get(place) {
                for (name, value) in subsets.iter().flat_map(|subsets| subsets.metrics(row, clean)) {
                    measurement = measurement.with_metric(name, value);
                }
                if !singles.is_empty() {
                    let losses = singles.iter().map(|token| Some(clean - sets.without(*token, output)?));
                    let losses: Vec<_> = losses.collect();
                    let row: Vec<_> = row.iter().copied().map(Some).collect();
                    measurement = measurement.with_metric("tau-leave-one-out", tau(&row, &losses));
                }
            }
            let [most, least] = curves.into_curves(&grid);
            measurements.push(measurement.with_curve(most).with_curve(least));
        }
        Ok(asked)
    }

    fn check(&self, sequence: &Sequence, records: &[&Record], outputs: &[usize]) -> Result<(), Error> {
        let refuse = |name, value: String, range| Err(Error::Parameter { name, value, range });
        if self.steps < grid::THRESHOLDS.len() {
            return refuse("steps", self.steps.to_string(), "at least 5");
        }
        if self.operators.is_empty() {
            return refuse("operators", "none".into(), "at least one way to remove tokens");
        }
        if let Some(beyond) = outputs.iter().find(|output| **output >= sequence.n_output()) {
            return refuse("outputs", beyond.to_string(), "outputs of the sequence, counted from 0");
        }
        let ids = sequence.ids();
        let other = |record: &&&Record| {
            record.attributions.len() != sequence.n_output()
                || record.tokens.len() != ids.len()
                || record.tokens.iter().zip(ids).any(|(token, id)| token.id != *id)
        };
        match records.iter().position(|record| other(&record)) {
            Some(place) => {
                refuse("records", format!("number {place}"), "records of this sequence, an output a row")
            }
            None => Ok(()),
        }
    }
}

/// What is to be measured of a record, or after the records of a random order.
fn measurement(place: usize, records: usize, (operator, output): (&str, usize)) -> Measurement {
    let own = Measurement::new(place.min(records), 0).with_operator(operator).with_output(output);
    if place < records { own } else { own.with_draw((place - records) as u32) }
}

/// The attributions of an output's removable tokens, as an order goes by them.
fn row(record: &Record, output: usize, removable: &[usize]) -> Vec<f64> {
    let row = record.attributions.get(output).map(Vec::as_slice).unwrap_or_default();
    let value = |token: &usize| row.get(*token).copied().flatten().filter(|x| x.is_finite()).unwrap_or(0.0);
    let values = removable.iter().map(value);
    if record.is_signed() { values.collect() } else { values.map(f64::abs).collect() }
}

/// Kendall's τ-b.
fn tau(a: &[Option<f64>], b: &[Option<f64>]) -> Option<f64> {
    let (a, b, _) = saliency_compare::rows(a, b, saliency_compare::Sign::Signed);
    saliency_compare::measure("kendall")?.of(&a, &b, &saliency_compare::Parameters::default())
}

/// Sets of removed tokens, each once.
struct Runs<'r> {
    removable: &'r [usize],
    places: BTreeMap<Vec<usize>, usize>,
}

impl Runs<'_> {
    /// The place of a set, given by places among the removable tokens.
    fn place(&mut self, removed: &[usize]) -> usize {
        let mut tokens: Vec<usize> = removed.iter().map(|place| self.removable[*place]).collect();
        tokens.sort_unstable();
        let next = self.places.len();
        *self.places.entry(tokens).or_insert(next)
    }

    /// The target without each set; `None` where there is none.
    fn values(self, game: &Game<'_, '_>, output: usize) -> Result<Vec<Option<f64>>, Error> {
        let mut sets: Vec<(usize, Vec<usize>)> =
            self.places.into_iter().map(|(set, place)| (place, set)).collect();
        sets.sort_unstable();
        let sets: Vec<Vec<usize>> = sets.into_iter().map(|(_, set)| set).collect();
        let values = game.values(&sets, 0)?;
        Ok(values.into_iter().map(|values| Some(values[output]).filter(|x| x.is_finite())).collect())
    }
}
