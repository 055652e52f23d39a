//! Fetching a model from the hub, with a progress bar for each file.

use crate::output::remark;
use crate::progress::Progress;
use saliency::hub::{FetchEvent, Hub, HubId, Snapshot};

/// Fetches what is missing of a model, and gives its folder.
pub(crate) fn fetch(id: &HubId, quiet: bool) -> Result<Snapshot, saliency::hub::Error> {
    let hub = Hub::from_env()?;
    let mut bar: Option<(String, Progress)> = None;
    let snapshot = hub.get(id, &mut |event| match event {
        FetchEvent::Bytes { file, done, total } => {
            if bar.as_ref().is_none_or(|(of, _)| of != file) {
                if let Some((_, bar)) = &bar {
                    bar.finish();
                }
                bar = Some((file.to_owned(), Progress::bytes(file, total, quiet)));
            }
            if let Some((_, bar)) = &bar {
                bar.set(done as usize);
            }
        }
        FetchEvent::Waiting { status, wait } => {
            let reason =
                if status == 0 { "closed the connection".to_owned() } else { format!("answered {status}") };
            remark(quiet, &format!("the hub {reason}; trying again in {} s", wait.as_secs_f64().ceil()));
        }
        _ => {}
    });
    if let Some((_, bar)) = &bar {
        bar.finish();
    }
    snapshot
}
