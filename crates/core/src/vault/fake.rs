//! A scripted cluster for tests: each node answers from its own list, and what it was sent is kept.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use http::{HeaderMap, HeaderName};

use super::{ClusterOptions, VaultClient};
use crate::context::{
    Capabilities, Context, Env, FileRead, Files, HttpConnect, HttpFault, HttpOptions, HttpRequest,
    HttpResponse, HttpSend, Launch, Random,
};
use crate::error::Result;
use crate::secret::SecretBytes;
use crate::time::{BootInstant, Sleep, TimeSource};

type Answer = Result<HttpResponse, HttpFault>;

/// The cluster and the rest of the world. Time moves when somebody sleeps or a node times out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fake(Arc<Mutex<World>>);

#[derive(Debug, Default)]
struct World {
    now: Duration,
    answers: HashMap<String, Vec<Answer>>,
    sent: Vec<HttpRequest>,
    files: HashMap<PathBuf, Vec<u8>>,
}

impl Fake {
    /// The node at `origin` gives this answer after those before it.
    pub(crate) fn answers(&self, origin: &str, answer: Answer) -> &Self {
        self.0.lock().unwrap().answers.entry(origin.into()).or_default().push(answer);
        self
    }

    pub(crate) fn file(&self, path: &str, content: &str) {
        self.0.lock().unwrap().files.insert(path.into(), content.into());
    }

    /// What was sent: method, address, body.
    pub(crate) fn sent(&self) -> Vec<String> {
        let told = |request: &HttpRequest| {
            let body = String::from_utf8_lossy(request.body.expose()).into_owned();
            format!("{} {} {body}", request.method, request.url).trim_end().to_owned()
        };
        self.0.lock().unwrap().sent.iter().map(told).collect()
    }

    pub(crate) fn header(&self, request: usize, name: &str) -> Option<String> {
        let world = self.0.lock().unwrap();
        world.sent[request].headers.get(name).map(|value| value.to_str().unwrap().to_owned())
    }

    pub(crate) fn now(&self) -> Duration {
        self.0.lock().unwrap().now
    }

    pub(crate) fn client(&self, addresses: &[&str]) -> VaultClient {
        self.client_with(addresses, |_| ())
    }

    pub(crate) fn client_with(
        &self,
        addresses: &[&str],
        set: impl FnOnce(&mut ClusterOptions),
    ) -> VaultClient {
        let mut options = ClusterOptions {
            addresses: addresses.iter().map(|address| address.parse().unwrap()).collect(),
            namespace: None,
            http: HttpOptions::default(),
            server_name: None,
            deadline: Duration::from_secs(10),
            max_retries: 2,
            rate_limit: None,
            follow_redirects: true,
            mfa: None,
        };
        set(&mut options);
        VaultClient::open(&self.context(), options).unwrap()
    }

    pub(crate) fn context(&self) -> Context {
        Context::new(Capabilities {
            time: Box::new(self.clone()),
            sleep: Box::new(self.clone()),
            env: Box::new(self.clone()),
            files: Box::new(self.clone()),
            random: Box::new(self.clone()),
            launch: Box::new(self.clone()),
            http: Box::new(self.clone()),
        })
    }
}

impl World {
    fn answer(&mut self, request: HttpRequest) -> Answer {
        let origin = request.url.origin().ascii_serialization();
        let answers = self.answers.get_mut(&origin).filter(|answers| !answers.is_empty());
        let answer = answers.map_or_else(|| Err(HttpFault::Connect("refused".into())), |all| all.remove(0));
        if matches!(answer, Err(HttpFault::Timeout)) {
            self.now += request.deadline;
        }
        self.sent.push(request);
        answer
    }
}

/// A reply of this status and body.
pub(crate) fn reply(status: u16, body: &str) -> Answer {
    Ok(HttpResponse { status, headers: HeaderMap::new(), body: SecretBytes::from(body.as_bytes().to_vec()) })
}

/// The same with one header.
pub(crate) fn reply_with(status: u16, header: &'static str, value: &str, body: &str) -> Answer {
    let mut response = reply(status, body)?;
    response.headers.insert(HeaderName::from_static(header), value.parse().unwrap());
    Ok(response)
}

#[async_trait]
impl HttpSend for Fake {
    async fn send(&self, request: HttpRequest) -> Answer {
        self.0.lock().unwrap().answer(request)
    }
}

impl HttpConnect for Fake {
    fn open(&self, _: &HttpOptions) -> Result<Arc<dyn HttpSend>> {
        Ok(Arc::new(self.clone()))
    }
}

impl TimeSource for Fake {
    fn boot(&self) -> BootInstant {
        BootInstant::default().plus(self.now())
    }

    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.now()
    }
}

impl Sleep for Fake {
    fn sleep(&self, span: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.0.lock().unwrap().now += span;
        Box::pin(std::future::ready(()))
    }
}

impl Files for Fake {
    fn read(&self, path: &Path, _: u64) -> io::Result<FileRead> {
        let world = self.0.lock().unwrap();
        let content = world.files.get(path).ok_or(io::ErrorKind::NotFound)?.clone();
        let (size, content) = (content.len() as u64, Some(SecretBytes::from(content)));
        Ok(FileRead { regular: true, link: false, mode: Some(0o600), own: true, size, content })
    }

    fn list(&self, _: &Path) -> io::Result<Vec<PathBuf>> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl Env for Fake {
    fn var(&self, _: &str) -> io::Result<Option<String>> {
        Ok(None)
    }

    fn home(&self) -> Option<PathBuf> {
        None
    }

    fn working_directory(&self) -> Option<PathBuf> {
        None
    }

    fn process_id(&self) -> u32 {
        1
    }
}

impl Random for Fake {
    fn bits(&self) -> u64 {
        1
    }
}

impl Launch for Fake {
    fn launch(&self, _: Pin<Box<dyn Future<Output = ()> + Send>>) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
