//! A chart of one's own: what it says of itself, and its own errors.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::texts;
use saliency_schema::{Kind, Record, Token};
use saliency_viz_svg::layout::{Rows, Scale, Sheet};
use saliency_viz_svg::{Chart, Error, Figure, Item, Options, Rect, Scene};

/// What a chart of one's own draws: one row, or all of them.
#[derive(Clone, Copy, PartialEq)]
enum Draws {
    OneRow,
    AllRows,
}

/// A chart with a title of its own.
struct Own(Draws, &'static str);

impl Chart for Own {
    fn name(&self) -> &'static str {
        "own"
    }

    fn summary(&self) -> &'static str {
        "a chart of one's own"
    }

    fn lay_out(&self, records: &[Record], options: &Options) -> Result<Scene, Error> {
        let rows = Rows::one(records, options)?;
        let scale = Scale::of(&rows, options)?;
        let mut sheet = match self.0 {
            Draws::OneRow => Sheet::of_row(&rows, &scale, options, self.1),
            Draws::AllRows => Sheet::of_all(&rows, &scale, options, self.1),
        };
        sheet.add(Item::filled(Rect::new(0.0, 0.0, 10.0, 10.0), options.theme.ink()));
        Ok(sheet.scene("A square."))
    }
}

/// Of the first row, 6 of 8 lie outside the second input.
fn record() -> Record {
    let token = |(id, text): (u32, &str), kind| Token::new(id, text, kind);
    let mut tokens = vec![token((1, "one"), Kind::Input), token((2, " two"), Kind::Input)];
    tokens.push(token((3, " three"), Kind::Output));
    Record::new(tokens, vec![vec![Some(6.0), Some(2.0)]]).unwrap()
}

#[test]
fn only_a_picture_of_one_row_says_how_much_of_the_row_lies_outside() {
    let record = record();
    // The title says nothing about that: not one that is like no other, and not that of all rows.
    for title in ["A title of my own", "What every output looked at"] {
        for draws in [Draws::OneRow, Draws::AllRows] {
            let svg = Figure::new(Own(draws, title), &record).inputs(1..2).to_svg().unwrap();
            let said = texts(&svg);
            assert!(said.iter().any(|text| text == title), "{said:?}");
            let outside = said.iter().any(|text| text.contains("outside: 75 % of the row's Σ|value|"));
            assert_eq!(outside, draws == Draws::OneRow, "{said:?}");
        }
    }
}

/// A chart that fails with an error of its own, and one that reads a record.
struct Failing(bool);

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("the moon is not up")]
struct NoMoon;

impl Chart for Failing {
    fn name(&self) -> &'static str {
        "failing"
    }

    fn summary(&self) -> &'static str {
        "a chart that fails"
    }

    fn lay_out(&self, records: &[Record], _: &Options) -> Result<Scene, Error> {
        if self.0 {
            return Err(Error::chart(NoMoon));
        }
        // Errors of the record pass on as they are.
        records[0].fold("moon")?;
        Err(Error::chart("no error of a record"))
    }
}

#[test]
fn a_chart_may_fail_in_its_own_way() {
    let record = record();
    let own = Figure::new(Failing(true), &record).to_svg().unwrap_err();
    assert_eq!(own.to_string(), "the moon is not up");
    assert!(!own.is_usage());
    let Error::Chart(source) = own else { panic!("{own:?}") };
    assert_eq!(source.downcast_ref::<NoMoon>(), Some(&NoMoon));

    let error = Figure::new(Failing(false), &record).to_svg().unwrap_err();
    let expected = record.fold("moon").unwrap_err();
    assert_eq!(error.to_string(), expected.to_string());
    assert_eq!(error.is_usage(), expected.is_usage());
    assert!(matches!(error, Error::Schema(_)));
}
