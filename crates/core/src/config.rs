//! Settings: one schema for every language, and where each value came from.
//!
//! A value comes from the first of these that has it: the builder (or keyword arguments), the environment,
//! a settings file, the default. An empty text counts as unset, and an empty `BAO_` variable also hides its
//! `VAULT_` twin, as in OpenBao.
//!
//! Settings files are TOML, `keyword = value`. `LEASEKEY_CONFIG` names the only one that is read; unset,
//! these are, and the first that has a value wins: `leasekey.toml` of the working directory or the nearest
//! directory above it, which may set role, mount, kind and ttl only; `leasekey/leasekey.toml` in
//! `$XDG_CONFIG_HOME` or `~/.config`; `/etc/leasekey/leasekey.toml`.

#[cfg(feature = "vault")]
mod address;
mod environment;
mod file;
mod key;
mod schema;
mod value;

use std::collections::BTreeMap;
use std::time::Duration;

pub use self::key::{ConfigKey, Form};
pub use self::schema::json_schema;
pub use self::value::Origin;
use self::value::Value;
use crate::context::{Context, Env, Files};
use crate::error::Result;
use crate::secret::SecretString;

/// The settings that a builder or keyword arguments give; they win over all others.
#[derive(Clone, Debug, Default)]
pub struct Overrides(BTreeMap<ConfigKey, Value>);

impl Overrides {
    /// Sets `key` to what `text` says, read as in a variable; an empty text unsets it.
    pub fn set(&mut self, key: ConfigKey, text: impl Into<SecretString>) {
        self.0.insert(key, Value { text: text.into(), origin: Origin::Builder });
    }
}

/// The settings in force. `Debug` shows where each value came from and no value.
///
/// ```
/// # use leasekey::config::{Config, ConfigKey, Overrides};
/// # fn load(context: &leasekey::context::Context) -> leasekey::Result<()> {
/// let mut overrides = Overrides::default();
/// overrides.set(ConfigKey::Role, "orders");
/// let config = Config::load(context, overrides)?;
/// assert_eq!(config.text(ConfigKey::Role), Some("orders"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Config(BTreeMap<ConfigKey, Value>);

impl Config {
    /// Reads the environment and the settings files, once.
    ///
    /// # Errors
    /// `LK-0116` for a boolean, duration or number that cannot be read, a variable that is not UTF-8, and a
    /// settings file that is missing though named, unreadable, not TOML, or sets what it may not. The
    /// variable, keyword or line is named; the value of a secret setting never is.
    pub fn load(context: &Context, overrides: Overrides) -> Result<Self> {
        Self::gather(&*context.env, &*context.files, overrides)
    }

    /// The settings of a builder that reads neither the environment nor any file.
    ///
    /// # Errors
    /// `LK-0116` for a boolean, duration or number that cannot be read.
    pub fn of(overrides: Overrides) -> Result<Self> {
        let mut config = Self(BTreeMap::new());
        config.fill(overrides.0);
        config.finish()
    }

    fn gather(env: &dyn Env, files: &dyn Files, overrides: Overrides) -> Result<Self> {
        let mut config = Self(BTreeMap::new());
        config.fill(overrides.0);
        config.fill(environment::values(env)?);
        config.fill(match config.0.get(&ConfigKey::Config) {
            Some(path) => file::named(files, path)?,
            None => file::usual(env, files)?,
        });
        config.finish()
    }

    fn finish(mut self) -> Result<Self> {
        self.fill(ConfigKey::ALL.iter().filter_map(|key| Some((*key, Value::default_of(*key)?))));
        self.check()?;
        Ok(self)
    }

    // Strongest first: what is there stays.
    fn fill(&mut self, values: impl IntoIterator<Item = (ConfigKey, Value)>) {
        for (key, value) in values.into_iter().filter(|(_, value)| !value.text.expose().is_empty()) {
            self.0.entry(key).or_insert(value);
        }
    }

    // A wrong word is told at the start, not when the setting is first needed.
    fn check(&self) -> Result<()> {
        for key in ConfigKey::ALL {
            match key.form() {
                Form::Boolean => self.boolean(*key).map(drop)?,
                Form::Duration => self.duration(*key).map(drop)?,
                Form::Integer => self.integer(*key).map(drop)?,
                Form::Address | Form::Text => {}
            }
        }
        Ok(())
    }

    /// The text of a setting that is set and not secret.
    pub fn text(&self, key: ConfigKey) -> Option<&str> {
        self.0.get(&key).filter(|_| !key.is_secret()).map(|value| value.text.expose())
    }

    /// The text of a setting, secret or not.
    pub fn secret(&self, key: ConfigKey) -> Option<SecretString> {
        self.0.get(&key).map(|value| value.text.clone())
    }

    /// Whether a setting is on; unset, it is off.
    ///
    /// # Errors
    /// `LK-0116` when its text is none of Go's words for true and false.
    pub fn boolean(&self, key: ConfigKey) -> Result<bool> {
        Ok(self.parse(key, Form::Boolean.allowed(), value::boolean)?.unwrap_or(false))
    }

    /// The duration that a setting gives.
    ///
    /// # Errors
    /// `LK-0116` when its text is neither a duration nor whole seconds.
    pub fn duration(&self, key: ConfigKey) -> Result<Option<Duration>> {
        self.parse(key, Form::Duration.allowed(), value::duration)
    }

    /// The number that a setting gives.
    ///
    /// # Errors
    /// `LK-0116` when its text is no whole number from 0.
    pub fn integer(&self, key: ConfigKey) -> Result<Option<u64>> {
        self.parse(key, Form::Integer.allowed(), |text| text.parse().ok())
    }

    /// Where the value of a setting stands, as messages name it: `VAULT_CACERT`, `ca_cert=`, a file and line.
    #[cfg(feature = "vault")]
    pub(crate) fn place(&self, key: ConfigKey) -> String {
        self.0.get(&key).map_or_else(|| key.keyword().to_owned(), |value| value.origin.place(key))
    }

    /// Where the value of a setting came from; none when there is no value.
    pub fn origin(&self, key: ConfigKey) -> Option<&Origin> {
        self.0.get(&key).map(|value| &value.origin)
    }

    /// What `read` makes of a setting's text; `allowed` tells what it takes, to follow "Allowed is".
    ///
    /// # Errors
    /// `LK-0116` when `read` makes nothing of it.
    pub fn parse<T>(
        &self,
        key: ConfigKey,
        allowed: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>> {
        let Some(value) = self.0.get(&key) else { return Ok(None) };
        read(value.text.expose()).map(Some).ok_or_else(|| value.not_allowed(key, allowed))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::io;
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::context::FileRead;
    use crate::error::ErrorKind;
    use crate::secret::SecretBytes;

    /// A machine with a user at /srv/user who works in /srv/user/src/shop.
    #[derive(Debug, Default)]
    pub(super) struct World {
        vars: HashMap<String, String>,
        files: HashMap<PathBuf, FileRead>,
    }

    impl World {
        pub(super) fn with(vars: &[(&str, &str)]) -> Self {
            let vars = vars.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
            Self { vars, ..Self::default() }
        }

        fn file(mut self, path: &str, text: &str) -> Self {
            self.files.insert(path.into(), regular(text));
            self
        }

        pub(super) fn load(&self) -> Result<Config> {
            Config::gather(self, self, Overrides::default())
        }

        fn told(&self) -> String {
            self.load().unwrap_err().to_string()
        }
    }

    fn regular(text: &str) -> FileRead {
        let content = (text.len() <= 64 * 1024).then(|| SecretBytes::from(text.as_bytes().to_vec()));
        FileRead {
            regular: true,
            link: false,
            mode: Some(0o644),
            own: true,
            size: text.len() as u64,
            content,
        }
    }

    impl Env for World {
        fn var(&self, name: &str) -> io::Result<Option<String>> {
            match self.vars.get(name) {
                Some(value) if value == "\u{fffd}" => Err(io::Error::other("not UTF-8")),
                value => Ok(value.cloned()),
            }
        }

        fn home(&self) -> Option<PathBuf> {
            Some("/srv/user".into())
        }

        fn working_directory(&self) -> Option<PathBuf> {
            Some("/srv/user/src/shop".into())
        }

        fn process_id(&self) -> u32 {
            1
        }
    }

    impl Files for World {
        fn read(&self, path: &Path, _: u64) -> io::Result<FileRead> {
            let file = self.files.get(path).ok_or(io::ErrorKind::NotFound)?;
            Ok(FileRead { content: file.content.clone(), ..*file })
        }

        fn list(&self, _: &Path) -> io::Result<Vec<PathBuf>> {
            Err(io::ErrorKind::Unsupported.into())
        }
    }

    const USER: &str = "/srv/user/.config/leasekey/leasekey.toml";
    const SYSTEM: &str = "/etc/leasekey/leasekey.toml";
    const FOUND: &str = "/srv/user/src/leasekey.toml";

    #[test]
    fn the_builder_wins_over_the_environment_over_files_over_defaults() {
        let world = World::with(&[("LEASEKEY_ROLE", "env"), ("LEASEKEY_KIND", "env")])
            .file(USER, "role = 'file'\nkind = 'file'\nnamespace = 'file'");
        let mut overrides = Overrides::default();
        overrides.set(ConfigKey::Role, "builder");
        overrides.set(ConfigKey::Kind, "");
        let config = Config::gather(&world, &world, overrides).unwrap();
        let keys = [ConfigKey::Role, ConfigKey::Kind, ConfigKey::Namespace, ConfigKey::Mount];
        assert_eq!(keys.map(|key| config.text(key).unwrap()), ["builder", "env", "file", "aws"]);
        assert_eq!(
            keys.map(|key| config.origin(key).unwrap().to_string()),
            ["builder", "LEASEKEY_KIND", &format!("{USER} line 3"), "default"]
        );
        assert_eq!(config.origin(ConfigKey::SessionName), None);
    }

    #[test]
    fn the_found_file_wins_over_the_users_over_the_systems() {
        let world = World::default()
            .file(FOUND, "role = 'found'")
            .file("/srv/user/leasekey.toml", "role = 'further up'\nkind = 'further up'")
            .file(USER, "role = 'user'\nmount = 'user'")
            .file(SYSTEM, "role = 'system'\nmount = 'system'\nttl = 900");
        let config = world.load().unwrap();
        assert_eq!(config.text(ConfigKey::Role), Some("found"));
        assert_eq!(config.text(ConfigKey::Mount), Some("user"));
        assert_eq!(config.duration(ConfigKey::Ttl).unwrap(), Some(Duration::from_secs(900)));
        assert_eq!(config.text(ConfigKey::Kind), None);
    }

    #[test]
    fn a_named_file_is_the_only_one_read_and_must_exist() {
        let named = World::with(&[("LEASEKEY_CONFIG", "/srv/l.toml")]).file(FOUND, "role = 'found'");
        assert_eq!(
            named.told(),
            "LK-0116: LEASEKEY_CONFIG names /srv/l.toml, which cannot be read. Correct the setting"
        );
        let config = named.file("/srv/l.toml", "address = 'https://v:8200'").load().unwrap();
        assert_eq!(config.text(ConfigKey::Role), None);
        assert_eq!(config.text(ConfigKey::Address), Some("https://v:8200"));
    }

    #[test]
    fn a_found_file_may_not_choose_the_server_or_the_login() {
        for key in ConfigKey::ALL.iter().filter(|key| **key != ConfigKey::Config) {
            let loaded = World::default().file(FOUND, &format!("{} = '1'", key.keyword())).load();
            assert_eq!(loaded.is_ok(), key.is_from_found_file(), "{key:?}");
        }
        assert_eq!(
            World::default().file(FOUND, "role = 'r'\naddress = 'https://evil'").told(),
            "LK-0116: /srv/user/src/leasekey.toml line 2 sets address; a file found by directory may set \
             role, mount, kind, ttl only. Move it to ~/.config/leasekey/leasekey.toml, \
             /etc/leasekey/leasekey.toml or the file of LEASEKEY_CONFIG, or set VAULT_ADDR"
        );
    }

    #[test]
    fn the_users_file_is_not_a_found_file_wherever_the_search_passes_it() {
        let world = World::with(&[("XDG_CONFIG_HOME", "/srv/user/src")])
            .file("/srv/user/src/leasekey/leasekey.toml", "namespace = 'pay'");
        assert_eq!(world.load().unwrap().text(ConfigKey::Namespace), Some("pay"));
    }

    #[test]
    fn a_relative_xdg_config_home_is_ignored() {
        let world = World::with(&[("XDG_CONFIG_HOME", "relative")]).file(USER, "role = 'user'");
        assert_eq!(world.load().unwrap().text(ConfigKey::Role), Some("user"));
    }

    #[test]
    fn bao_variables_win_and_an_empty_one_hides_its_vault_twin() {
        let namespace = |vars: &[(&str, &str)]| {
            World::with(vars).load().unwrap().text(ConfigKey::Namespace).map(ToOwned::to_owned)
        };
        let vault = ("VAULT_NAMESPACE", "vault");
        assert_eq!(namespace(&[vault]).as_deref(), Some("vault"));
        assert_eq!(namespace(&[vault, ("BAO_NAMESPACE", "bao")]).as_deref(), Some("bao"));
        assert_eq!(namespace(&[vault, ("BAO_NAMESPACE", "")]), None);
        assert_eq!(namespace(&[("VAULT_NAMESPACE", "")]), None);
    }

    #[test]
    fn an_empty_bao_variable_hides_no_other_variable_than_its_twin() {
        let vars =
            [("BAO_AGENT_ADDR", ""), ("VAULT_AGENT_ADDR", "https://agent"), ("VAULT_ADDR", "https://vault")];
        let config = World::with(&vars).load().unwrap();
        assert_eq!(config.origin(ConfigKey::Address), Some(&Origin::Env("VAULT_ADDR")));
    }

    #[test]
    fn wrong_words_are_told_at_the_start_with_their_place() {
        assert_eq!(
            World::with(&[("VAULT_SKIP_VERIFY", "yes")]).told(),
            "LK-0116: VAULT_SKIP_VERIFY is \"yes\". Allowed is one of 1 t T TRUE true True 0 f F FALSE false False"
        );
        assert_eq!(
            World::with(&[("LEASEKEY_TTL", "soon\n")]).told(),
            "LK-0116: LEASEKEY_TTL is \"soon\\n\". Allowed is a duration such as 15m, or whole seconds such as 900"
        );
        assert_eq!(
            World::default().file(SYSTEM, "\nmax_retries = -1").told(),
            "LK-0116: max_retries in /etc/leasekey/leasekey.toml line 2 is \"-1\". Allowed is a whole number from 0"
        );
        assert_eq!(
            World::with(&[("VAULT_TOKEN", "\u{fffd}")]).told(),
            "LK-0116: VAULT_TOKEN is not UTF-8. Correct or unset VAULT_TOKEN"
        );
    }

    #[test]
    fn what_another_module_cannot_read_is_told_the_same_way_and_no_secret_is_quoted() {
        let config = World::with(&[("LEASEKEY_AUTH", "magic"), ("VAULT_TOKEN", "s.canary")]).load().unwrap();
        let told = |key| config.parse(key, "approle or token", |_| None::<()>).unwrap_err().to_string();
        assert_eq!(told(ConfigKey::Auth), "LK-0116: LEASEKEY_AUTH is \"magic\". Allowed is approle or token");
        assert_eq!(
            told(ConfigKey::Token),
            "LK-0116: VAULT_TOKEN has a value that is not allowed. Allowed is approle or token"
        );
        assert_eq!(config.parse(ConfigKey::Kind, "", |_| None::<()>).unwrap(), None);
    }

    #[test]
    fn an_empty_text_is_unset() {
        let config = World::with(&[("VAULT_SKIP_VERIFY", "")]).file(USER, "mount = ''").load().unwrap();
        assert!(!config.boolean(ConfigKey::SkipVerify).unwrap());
        assert_eq!(config.text(ConfigKey::Mount), Some("aws"));
    }

    #[test]
    fn files_hold_texts_numbers_and_booleans_as_text() {
        let world = World::default().file(USER, "token = '0012345'\nttl = 900\nskip_verify = true");
        let config = world.load().unwrap();
        assert_eq!(config.secret(ConfigKey::Token).unwrap().expose(), "0012345");
        assert_eq!(config.text(ConfigKey::Ttl), Some("900"));
        assert!(config.boolean(ConfigKey::SkipVerify).unwrap());
    }

    #[test]
    fn a_broken_file_is_told_by_line_and_never_quoted() {
        for (text, told) in [
            ("role = 'r'\ntoken = s.canary", "line 2 is not TOML"),
            ("token = 's.canary'\ntoken = 's.canary'", "line 2 is not TOML"),
            ("rol = 's.canary'", "line 1: there is no setting \"rol\". Did you mean role?"),
            ("[vault]\ntoken = 's.canary'", "line 1: there is no setting \"vault\""),
            ("token = ['s.canary']", "line 1 sets token to a value of type array"),
            ("config = 's.canary'", "line 1 sets config, which no settings file may set"),
        ] {
            let said = World::default().file(USER, text).told();
            assert!(said.starts_with("LK-0116") && said.contains(told), "{said}");
            assert!(!said.contains("canary"), "{said}");
        }
    }

    #[test]
    fn files_that_cannot_be_trusted_or_held_are_refused() {
        let told = |change: fn(&mut FileRead)| {
            let mut world = World::default().file(USER, "role = 'r'");
            change(world.files.get_mut(Path::new(USER)).unwrap());
            world.told()
        };
        assert!(told(|file| file.regular = false).contains("is not a regular file"));
        assert!(told(|file| file.mode = Some(0o646)).contains("can be written by everybody. Run: chmod o-w"));
        assert!(told(|file| file.content = None).contains("is larger than 65536 bytes"));
        assert!(told(|file| file.content = Some(vec![0xff].into())).contains("is not UTF-8"));
    }

    #[test]
    fn no_debug_and_no_text_shows_a_secret() {
        let world = World::with(&[("VAULT_TOKEN", "s.canary"), ("VAULT_MFA", "m:canary")]);
        let config = world.load().unwrap();
        assert!(!format!("{config:?}").contains("canary"));
        assert_eq!(config.text(ConfigKey::Token), None);
        let mut overrides = Overrides::default();
        overrides.set(ConfigKey::SecretId, "canary");
        assert!(!format!("{overrides:?}").contains("canary"));
    }

    #[test]
    fn errors_are_of_kind_invalid_setting() {
        let error = World::with(&[("LEASEKEY_ALLOW_HTTP", "maybe")]).load().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidSetting);
    }
}
