//! Somebody else's program: in which environment it runs, and the script that times it.

use std::path::Path;
use std::process::Command;

use super::environment::{ECCO, Environment, INSEQ, script};
use super::model::Model;
use super::options::{Method, Options};
use super::{TEXT, THREADS};
use crate::workspace::Workspace;

#[derive(Debug)]
pub(super) struct Peer {
    name: &'static str,
    version: &'static str,
    script: &'static str,
    pub(super) environment: &'static Environment,
    models: &'static [Model],
    /// Whether it has integrated gradients that can be compared: with as many points, of one output.
    paths: bool,
}

static PEERS: [Peer; 3] = [
    Peer {
        name: "ecco",
        version: "0.1.2",
        script: "ecco_time.py",
        environment: &ECCO,
        models: &[Model::Gpt2Small],
        paths: true,
    },
    Peer {
        name: "inseq",
        version: "0.7.1",
        script: "inseq_time.py",
        environment: &INSEQ,
        models: &[Model::Gpt2Small, Model::Smollm2, Model::T5Small],
        paths: true,
    },
    Peer {
        name: "captum",
        version: "0.9.0",
        script: "captum_time.py",
        environment: &INSEQ,
        models: &[Model::Gpt2Small, Model::Smollm2],
        paths: false,
    },
];

impl Peer {
    /// Those that explain a model by a method.
    pub(super) fn all(model: Model, method: &Method) -> Vec<&'static Self> {
        let has = |peer: &&Self| peer.models.contains(&model) && (peer.paths || method.steps() == 0);
        PEERS.iter().filter(has).collect()
    }

    pub(super) fn title(&self) -> String {
        format!("{} {}", self.name, self.version)
    }

    /// The script that times it.
    pub(super) fn command(
        &self,
        workspace: &Workspace,
        python: &Path,
        model: &Path,
        options: &Options,
    ) -> Command {
        let mut command = script(workspace, python, self.script);
        let method = &options.method;
        command.arg(model).args([TEXT, &options.n_output().to_string(), method.name()]);
        command.args([method.steps().to_string(), THREADS.to_string()]);
        command
    }
}
