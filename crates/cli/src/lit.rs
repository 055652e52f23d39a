//! `saliency lit`: records as a folder that shows them in LIT's own client, where the program is built with it (feature
//! `lit`); `--fetch` downloads that client.

use crate::arguments::LitArguments;
use crate::failure::Failure;

#[cfg(not(feature = "lit"))]
pub(crate) fn run(_arguments: &LitArguments, _quiet: bool) -> Result<(), Failure> {
    Err(Failure::Usage("this program was built without LIT (feature lit)".to_owned()))
}

#[cfg(feature = "lit")]
pub(crate) fn run(arguments: &LitArguments, quiet: bool) -> Result<(), Failure> {
    use crate::hub;
    use crate::output::{print, remark};
    use crate::records;
    use saliency::lit::{Client, Page};

    if arguments.fetch {
        let folder = hub::fetch_lit(arguments.index.as_deref(), quiet)?;
        return print(format!("{}\n", folder.display()).as_bytes());
    }
    let Some(folder) = &arguments.output else {
        return Err(Failure::Usage("no folder to write to; name one with -o".to_owned()));
    };
    if folder.exists() && !folder.is_dir() {
        return Err(Failure::Usage(format!("{}: is no folder; name one", folder.display())));
    }
    let client = match &arguments.client {
        Some(folder) => Client::open(folder),
        None => Client::find(),
    };
    let client = client.map_err(|error| match arguments.client {
        Some(_) if error.is_usage() => Failure::Usage(format!("--client: {error}")),
        _ => Failure::Lit(error),
    })?;
    let records = records::grouped(records::read(&arguments.records, None, quiet)?, &arguments.group)?;
    Page::new(&records)?.write(&client, folder)?;
    if !client.has_icons() {
        remark(
            quiet,
            "the client has no icon font (fonts/material-icons.woff2): icons are shown as their names",
        );
    }
    Ok(())
}
