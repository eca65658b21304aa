//! The files of the pages, embedded in the binary.

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rust_embed::{Embed, EmbeddedFile};
use sha2::{Digest, Sha256};

use super::{
    Web,
    answer::{Answer, Failure},
    visit::Path,
};
use app::view::ProblemPage;

/// What `cargo xtask build` made: scripts, styles and the islands' WebAssembly.
#[derive(Embed)]
#[folder = "$CARGO_MANIFEST_DIR/../target/site"]
struct Files;

/// The embedded files and the path of this build.
pub struct Assets {
    path: String,
}

impl Assets {
    /// Names the path after the files' contents, so that browsers may keep them for ever.
    pub fn load() -> Self {
        let mut names: Vec<_> = Files::iter()
            .filter(|name| name.starts_with("pkg/"))
            .collect();
        names.sort();
        let mut hash = Sha256::new();
        for file in names.iter().filter_map(|name| Files::get(name)) {
            hash.update(file.metadata.sha256_hash());
        }
        let build = URL_SAFE_NO_PAD.encode(&hash.finalize()[..9]);
        Self {
            path: format!("pkg/{build}"),
        }
    }

    /// Where this build's assets are served, without slashes at the ends.
    pub fn path(&self) -> &str {
        &self.path
    }
}

/// A file of this build.
pub async fn asset(
    State(web): State<Web>,
    Path((build, file)): Path<(String, String)>,
    headers: HeaderMap,
) -> Answer {
    if format!("pkg/{build}") != web.assets.path {
        return Err(ProblemPage::NotFound.into());
    }
    let mut response = serve(&format!("pkg/{file}"), &headers)?;
    let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, forever);
    Ok(response)
}

/// The icon.
pub async fn favicon(headers: HeaderMap) -> Answer {
    let mut response = serve("favicon.svg", &headers)?;
    response.headers_mut().insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=86400"),
    );
    Ok(response)
}

/// The file in the best encoding that the browser takes and the build made.
fn serve(name: &str, headers: &HeaderMap) -> Result<Response, Failure> {
    let accepted = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    let takes = |encoding: &str| {
        accepted.split(',').any(|entry| {
            entry
                .split(';')
                .next()
                .is_some_and(|name| name.trim() == encoding)
        })
    };
    for (suffix, encoding) in [(".br", "br"), (".gz", "gzip")] {
        if let (true, Some(file)) = (takes(encoding), Files::get(&format!("{name}{suffix}"))) {
            let mut response = content(name, file);
            response
                .headers_mut()
                .insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
            return Ok(response);
        }
    }
    Files::get(name)
        .map(|file| content(name, file))
        .ok_or_else(|| ProblemPage::NotFound.into())
}

fn content(name: &str, file: EmbeddedFile) -> Response {
    let kind = match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::VARY, HeaderValue::from_static("accept-encoding")),
    ];
    (headers, file.data).into_response()
}
