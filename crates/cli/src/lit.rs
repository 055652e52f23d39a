//! `saliency lit`: records as a folder that shows them in LIT's own client, where the program is built with it (feature
//! `lit`); `--fetch` downloads that client, and `--serve` serves it (`serve.rs`).

use crate::arguments::LitArguments;
use crate::failure::Failure;

#[cfg(not(feature = "lit"))]
pub(crate) fn run(_arguments: &LitArguments, _quiet: bool) -> Result<(), Failure> {
    Err(Failure::Usage("this program was built without LIT (feature lit)".to_owned()))
}

#[cfg(feature = "lit")]
pub(crate) fn run(arguments: &LitArguments, quiet: bool) -> Result<(), Failure> {
    use crate::hub;
    use crate::output::print;
    use crate::records;
    use saliency::lit::Page;

    if arguments.fetch {
        let folder = hub::fetch_lit(arguments.index.as_deref(), quiet)?;
        return print(format!("{}\n", folder.display()).as_bytes());
    }
    if arguments.serve {
        return serve(arguments, quiet);
    }
    refuse_what_is_served(arguments)?;
    let Some(folder) = &arguments.output else {
        return Err(Failure::Usage("no folder to write to; name one with -o".to_owned()));
    };
    if folder.exists() && !folder.is_dir() {
        return Err(Failure::Usage(format!("{}: is no folder; name one", folder.display())));
    }
    let client = client(arguments, quiet)?;
    let records = records::read(&arguments.records, None, quiet)?;
    let records = records::grouped(records, &arguments.explain.group)?;
    Ok(Page::new(&records)?.write(&client, folder)?)
}

/// What asks a model has no meaning for records, which are made already.
#[cfg(feature = "lit")]
fn refuse_what_is_served(arguments: &LitArguments) -> Result<(), Failure> {
    let given = [
        ("--text", arguments.source.text.is_some()),
        ("--text-file", arguments.source.text_file.is_some()),
        ("--method", !arguments.methods.is_empty()),
        ("--memory", arguments.memory.is_some()),
        ("--port", arguments.port.is_some()),
    ];
    match given.iter().find(|(_, is_given)| *is_given) {
        Some((flag, _)) => Err(Failure::Usage(format!(
            "{flag} needs --serve; a folder is made of the records that `saliency attribute` writes"
        ))),
        None if arguments.index.is_some() => Err(Failure::Usage("--index needs --fetch".to_owned())),
        None => Ok(()),
    }
}

#[cfg(feature = "lit-serve")]
use crate::serve::run as serve;

#[cfg(all(feature = "lit", not(feature = "lit-serve")))]
fn serve(_arguments: &LitArguments, _quiet: bool) -> Result<(), Failure> {
    Err(Failure::Usage("this program was built without a server (feature lit-serve)".to_owned()))
}

/// LIT's client, from the folder that was named, or from where it is looked for.
#[cfg(feature = "lit")]
pub(crate) fn client(arguments: &LitArguments, quiet: bool) -> Result<saliency::lit::Client, Failure> {
    use crate::output::remark;
    use saliency::lit::Client;

    let client = match &arguments.client {
        Some(folder) => Client::open(folder),
        None => Client::find(),
    };
    let client = client.map_err(|error| match arguments.client {
        Some(_) if error.is_usage() => Failure::Usage(format!("--client: {error}")),
        _ => Failure::Lit(error),
    })?;
    if !client.has_icons() {
        remark(
            quiet,
            "the client has no icon font (fonts/material-icons.woff2): icons are shown as their names",
        );
    }
    Ok(client)
}
