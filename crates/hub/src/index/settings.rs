//! Which index pip uses, by environment variables and pip's configuration files.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// The largest configuration file that is read.
const LARGEST: u64 = 1 << 20;

/// The index that pip would be asked for a package, where something names one.
pub(crate) fn address(variable: &dyn Fn(&str) -> Option<OsString>, home: Option<PathBuf>) -> Option<String> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    let text = |name: &str| set(name).map(|value| value.to_string_lossy().trim().to_owned());
    text("PIP_INDEX_URL").or_else(|| text("UV_DEFAULT_INDEX")).or_else(|| {
        let home = home.filter(|home| !home.as_os_str().is_empty());
        of_files(&files(&|name| set(name).map(PathBuf::from), home.as_deref()))
    })
}

/// pip's configuration files, the weightiest last.
fn files(path: &dyn Fn(&str) -> Option<PathBuf>, home: Option<&Path>) -> Vec<PathBuf> {
    let given = path("PIP_CONFIG_FILE");
    // pip reads none at all where this is the null device.
    if given.as_deref().is_some_and(|file| file == Path::new("/dev/null") || file == Path::new("nul")) {
        return Vec::new();
    }
    let name = if cfg!(windows) { "pip.ini" } else { "pip.conf" };
    let mut files = Vec::new();
    if cfg!(windows) {
        files.extend(path("PROGRAMDATA").map(|folder| folder.join("pip").join(name)));
    } else if cfg!(target_os = "macos") {
        files.push("/Library/Application Support/pip/pip.conf".into());
    } else {
        let folders = path("XDG_CONFIG_DIRS").unwrap_or_else(|| "/etc/xdg".into());
        files.extend(std::env::split_paths(&folders).map(|folder| folder.join("pip").join(name)));
        files.push("/etc/pip.conf".into());
    }
    // The user's own are left out where a file is given.
    if !given.as_deref().is_some_and(Path::is_file) {
        files.extend(home.map(|home| home.join(if cfg!(windows) { "pip" } else { ".pip" }).join(name)));
        let config = if cfg!(windows) { path("APPDATA") } else { path("XDG_CONFIG_HOME") };
        let config = config.or_else(|| home.map(|home| home.join(".config")));
        files.extend(config.map(|folder| folder.join("pip").join(name)));
        if cfg!(target_os = "macos") {
            files.extend(home.map(|home| home.join("Library/Application Support/pip").join(name)));
        }
    }
    files.extend(path("VIRTUAL_ENV").map(|folder| folder.join(name)));
    files.extend(given);
    files
}

/// `index-url` of the last file that has one; for `pip download` alone before that for all commands.
fn of_files(files: &[PathBuf]) -> Option<String> {
    let (mut of_all, mut of_download) = (None, None);
    for file in files {
        let readable = fs::metadata(file).is_ok_and(|found| found.is_file() && found.len() <= LARGEST);
        let Some(text) = readable.then(|| fs::read_to_string(file).ok()).flatten() else { continue };
        let mut section = String::new();
        for line in text.lines() {
            let line = line.trim();
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                name.clone_into(&mut section);
            } else if let Some((key, value)) = line.split_once(['=', ':'])
                && key.trim().to_ascii_lowercase().replace('_', "-") == "index-url"
            {
                let value = Some(value.trim().to_owned()).filter(|value| !value.is_empty());
                match &*section {
                    "global" => of_all = value.or(of_all),
                    "download" => of_download = value.or(of_download),
                    _ => {}
                }
            }
        }
    }
    of_download.or(of_all)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::address;
    use std::ffi::OsString;
    use std::fs;
    use std::path::Path;

    fn with(variables: &[(&str, &str)], home: &Path) -> Option<String> {
        // The machine's own settings stay out of it.
        let variables = [&[("XDG_CONFIG_DIRS", "/nowhere")], variables].concat();
        let variable = |name: &str| {
            variables.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
        };
        address(&variable, Some(home.to_owned()))
    }

    fn write(file: &Path, text: &str) {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    #[test]
    fn variables_come_before_files_and_pips_before_uvs() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("mine.conf");
        write(&file, "[global]\nindex-url = https://file/simple\n");
        let given = ("PIP_CONFIG_FILE", file.to_str().unwrap());
        let (pip, uv) = (("PIP_INDEX_URL", "https://pip/simple"), ("UV_DEFAULT_INDEX", "https://uv/simple"));
        assert_eq!(with(&[given], home.path()).as_deref(), Some("https://file/simple"));
        assert_eq!(with(&[given, uv], home.path()).as_deref(), Some(uv.1));
        assert_eq!(with(&[given, uv, pip], home.path()).as_deref(), Some(pip.1));
        assert_eq!(
            with(&[given, ("PIP_INDEX_URL", "")], home.path()).as_deref(),
            Some("https://file/simple")
        );
    }

    #[test]
    #[cfg(not(windows))]
    fn files_are_read_as_pip_reads_them() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        let found = |variables: &[(&str, &str)]| {
            let (config, environment) = (at("config"), at("venv"));
            let folders = [
                ("XDG_CONFIG_HOME", config.to_str().unwrap()),
                ("VIRTUAL_ENV", environment.to_str().unwrap()),
            ];
            with(&[&folders, variables].concat(), home.path())
        };
        write(&at("pip.conf"), "[global]\nindex-url: https://given\n");
        let given = at("pip.conf");
        let given = ("PIP_CONFIG_FILE", given.to_str().unwrap());
        // The old place, the new one, the environment's, a given one: each outweighs those before it.
        let mut expected = found(&[("PIP_CONFIG_FILE", "/dev/null")]);
        assert_eq!(expected, None);
        for (file, text, value) in [
            (".pip/pip.conf", "[global]\nindex-url=https://old\n", "https://old"),
            (
                "config/pip/pip.conf",
                "# index-url = no\n[install]\nindex-url = no\n[global]\nINDEX_URL : https://new \n",
                "https://new",
            ),
            (
                "venv/pip.conf",
                "[global]\ntimeout = 9\nindex-url = https://venv\nextra-index-url = no\n",
                "https://venv",
            ),
        ] {
            write(&at(file), text);
            expected = Some(value.to_owned());
            assert_eq!(found(&[]), expected, "{file}");
        }
        assert_eq!(found(&[given]).as_deref(), Some("https://given"));
        assert_eq!(found(&[("PIP_CONFIG_FILE", "/dev/null")]), None);
        // What is said of `pip download` alone, wherever it is said.
        write(&at(".pip/pip.conf"), "[download]\nindex-url = https://download\n");
        assert_eq!(found(&[]).as_deref(), Some("https://download"));
        // Without the user's own, where a file is given.
        assert_eq!(found(&[given]).as_deref(), Some("https://given"));
        assert_eq!(with(&[("PIP_CONFIG_FILE", "/nowhere/pip.conf")], &at("nobody")), None);
    }
}
