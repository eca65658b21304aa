//! The Request Service of Verified ID: presentation requests, and the events that wallets cause (FACTS §20).

use std::{collections::BTreeMap, sync::LazyLock};

use anyhow::{Context, ensure};
use base64::{Engine, engine::general_purpose::STANDARD};
use fast_qr::QRBuilder;
use reqwest::{Client, redirect::Policy};
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use crate::{
    answer::Answer,
    entropy,
    faults::Fault,
    front::Tenant,
    oauth::Resource,
    world::{Callback, LIFETIME, Presentation, Shown, World},
};

/// Each of these app roles lets an app ask for presentations.
const ROLES: [&str; 2] = [
    "VerifiableCredential.Create.All",
    "VerifiableCredential.Create.PresentRequest",
];

/// The headers that events can carry.
const CALLBACK_HEADERS: [&str; 2] = ["api-key", "authorization"];

/// Why a request is refused.
struct Refused {
    status: u16,
    code: &'static str,
    message: &'static str,
    inner: Option<(String, &'static str)>,
}

impl Refused {
    const fn unauthorized() -> Self {
        Self {
            status: 401,
            code: "unauthorized",
            message: "The requested resource requires authentication",
            inner: None,
        }
    }

    const fn forbidden() -> Self {
        Self {
            status: 403,
            code: "forbidden",
            message: "Missing permissions to fulfill this request.",
            inner: None,
        }
    }

    fn field(target: &'static str, problem: &str) -> Self {
        Self {
            status: 400,
            code: "badRequest",
            message: "The request is invalid.",
            inner: Some((problem.to_owned(), target)),
        }
    }

    fn into_answer(self, world: &World) -> Answer {
        let mut error = json!({"code": self.code, "message": self.message});
        if let Some((message, target)) = self.inner {
            error["innererror"] =
                json!({"code": "badOrMissingField", "message": message, "target": target});
        }
        Answer::json(
            self.status,
            json!({
                "requestId": entropy::guid(),
                "date": world.now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string(),
                "mscv": "simulated.1",
                "error": error,
            }),
        )
    }
}

/// What the service answers under a fault.
pub fn faulty(world: &World, fault: &Fault) -> Answer {
    let refused = Refused {
        status: fault.status.unwrap_or(503),
        code: "serviceUnavailable",
        message: "The server is temporarily unavailable, please try again later.",
        inner: None,
    };
    let answer = refused.into_answer(world);
    match &fault.retry_after {
        Some(seconds) => answer.with_header("retry-after", seconds.clone()),
        None => answer,
    }
}

/// `POST /verifiableCredentials/createPresentationRequest`
pub fn create(world: &mut World, authorization: Option<&str>, request: Option<&Value>) -> Answer {
    let outcome = authenticate(world, authorization).and_then(|()| read(world, request));
    let (presentation, with_qr_code) = match outcome {
        Ok(read) => read,
        Err(refused) => return refused.into_answer(world),
    };
    let mut answer = json!({
        "requestId": presentation.id,
        "url": presentation.url,
        "expiry": presentation.expires.as_second(),
    });
    if with_qr_code {
        answer["qrCode"] = json!(qr_code(&presentation.url));
    }
    world.presentations.push(presentation);
    Answer::json(201, answer)
}

fn authenticate(world: &World, authorization: Option<&str>) -> Result<(), Refused> {
    let grant = authorization
        .and_then(|header| header.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .and_then(|(_, token)| world.grants.access_token(token.trim()))
        .filter(|grant| grant.resource == Resource::VerifiedId && world.now() < grant.expires)
        .ok_or_else(Refused::unauthorized)?;
    if ROLES.iter().any(|role| grant.roles.contains(*role)) {
        Ok(())
    } else {
        Err(Refused::forbidden())
    }
}

/// Checks a request; tells whether it wants a QR code.
fn read(world: &World, request: Option<&Value>) -> Result<(Presentation, bool), Refused> {
    let Some(request) = request.filter(|request| request.is_object()) else {
        return Err(Refused::field("body", "The request is no JSON object."));
    };
    let with_qr_code = flag(request, "includeQRCode")?;
    let with_receipt = flag(request, "includeReceipt")?;
    if request["authority"] != world.settings.did {
        return Err(Refused::field(
            "authority",
            "The authority is not one of this tenant.",
        ));
    }
    let client_name = text(&request["registration"]["clientName"], "clientName")?;
    let callback = callback(&request["callback"])?;
    let [credential] = request["requestedCredentials"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
    else {
        return Err(Refused::field(
            "requestedCredentials",
            "Exactly one credential must be requested.",
        ));
    };
    let accepted_issuers = match &credential["acceptedIssuers"] {
        Value::Null => Some(Vec::new()),
        list => serde_json::from_value(list.clone()).ok(),
    };
    let threshold = threshold(&credential["configuration"]["validation"]["faceCheck"])?;
    if threshold.is_some() && with_receipt {
        return Err(Refused::field(
            "includeReceipt",
            "A receipt cannot be included in a request with Face Check.",
        ));
    }
    if threshold.is_some() && !world.settings.face_check_billing {
        return Err(Refused {
            message: "Premium features cannot be used until billing is enabled by the admin.",
            ..Refused::forbidden()
        });
    }
    let id = entropy::guid();
    let request_uri = format!(
        "{}/v1.0/verifiableCredentials/presentationRequests/{id}",
        world.settings.base_url
    );
    let presentation = Presentation {
        id,
        url: format!("openid-vc://?request_uri={request_uri}"),
        request_uri,
        client_name,
        purpose: request["registration"]["purpose"]
            .as_str()
            .map(str::to_owned),
        credential_type: text(&credential["type"], "type")?,
        accepted_issuers: accepted_issuers.ok_or_else(|| {
            Refused::field("acceptedIssuers", "The issuers are not a list of texts.")
        })?,
        threshold,
        callback,
        expires: world.now() + LIFETIME,
        retrieved: false,
        finished: false,
    };
    Ok((presentation, with_qr_code))
}

fn flag(request: &Value, name: &'static str) -> Result<bool, Refused> {
    match &request[name] {
        Value::Null => Ok(false),
        Value::Bool(value) => Ok(*value),
        _ => Err(Refused::field(
            name,
            &format!("The request contains `{name}`, but it is not boolean."),
        )),
    }
}

fn text(value: &Value, name: &'static str) -> Result<String, Refused> {
    value
        .as_str()
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
        .ok_or_else(|| Refused::field(name, &format!("The request contains no `{name}`.")))
}

fn callback(callback: &Value) -> Result<Callback, Refused> {
    let url = text(&callback["url"], "url")?;
    let reachable = Url::parse(&url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if !reachable {
        return Err(Refused::field("url", "The callback URL is unreadable."));
    }
    let headers: BTreeMap<String, String> = match &callback["headers"] {
        Value::Null => BTreeMap::new(),
        headers => serde_json::from_value(headers.clone())
            .map_err(|_| Refused::field("headers", "The callback headers are not texts."))?,
    };
    let is_known = |name: &String| CALLBACK_HEADERS.contains(&name.to_lowercase().as_str());
    if !headers.keys().all(is_known) {
        return Err(Refused::field(
            "headers",
            "The request contains an invalid callback header.",
        ));
    }
    Ok(Callback {
        url,
        state: text(&callback["state"], "state")?,
        headers,
    })
}

/// The confidence that a face must reach, if one is to be checked.
fn threshold(face_check: &Value) -> Result<Option<u8>, Refused> {
    if face_check.is_null() {
        return Ok(None);
    }
    text(&face_check["sourcePhotoClaimName"], "sourcePhotoClaimName")?;
    let threshold = match &face_check["matchConfidenceThreshold"] {
        Value::Null => Some(70),
        value => value.as_u64(),
    };
    threshold
        .filter(|threshold| (50..=100).contains(threshold))
        .and_then(|threshold| u8::try_from(threshold).ok())
        .map(Some)
        .ok_or_else(|| {
            Refused::field(
                "matchConfidenceThreshold",
                "The threshold must be an integer between 50 and 100.",
            )
        })
}

/// A picture of the code, as a data URL.
fn qr_code(url: &str) -> String {
    /// Pixels of one module, and modules of quiet around the code.
    const SCALE: usize = 4;
    const QUIET: usize = 4;
    let code = QRBuilder::new(url).build().expect("an address fits");
    let width = (code.size + 2 * QUIET) * SCALE;
    let mut pixels = vec![u8::MAX; width * width];
    for (index, pixel) in pixels.iter_mut().enumerate() {
        let module = |place: usize| (place / SCALE).checked_sub(QUIET);
        if let (Some(x), Some(y)) = (module(index % width), module(index / width))
            && x < code.size
            && y < code.size
            && code[y][x].value()
        {
            *pixel = 0;
        }
    }
    let mut picture = Vec::new();
    let side = u32::try_from(width).expect("a code is small");
    let mut encoder = png::Encoder::new(&mut picture, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder
        .write_header()
        .and_then(|mut writer| writer.write_image_data(&pixels))
        .expect("writing to memory does not fail");
    format!("data:image/png;base64,{}", STANDARD.encode(picture))
}

/// Events go out as they would from Microsoft: no redirect is followed.
static EVENTS: LazyLock<reqwest::Result<Client>> = LazyLock::new(|| {
    Client::builder()
        .no_proxy()
        .redirect(Policy::none())
        .build()
});

impl Tenant {
    /// A wallet opens a request: the one who asked is told once.
    pub async fn open_presentation(&self, id: Uuid) -> anyhow::Result<()> {
        let news = {
            let mut world = self.lock();
            let now = world.now();
            let presentation = find(&mut world, id)?;
            // What was opened in time may be finished.
            let may_go_on = presentation.retrieved && !presentation.finished;
            ensure!(
                may_go_on || presentation.is_open(now),
                "the request has ended"
            );
            if std::mem::replace(&mut presentation.retrieved, true) {
                return Ok(());
            }
            (presentation.callback.clone(), presentation.retrieved())
        };
        self.send(&news.0, &news.1).await?;
        Ok(())
    }

    /// A person shows something; gives the event that the one who asked is told, and how they answered.
    pub async fn present(&self, id: Uuid, shown: &Shown) -> anyhow::Result<(Value, u16)> {
        self.open_presentation(id).await?;
        let (callback, event) = {
            let mut world = self.lock();
            let now = world.now();
            let index = world
                .find_person(&shown.person)
                .with_context(|| format!("nobody is {:?}", shown.person))?;
            let presentation = find(&mut world, id)?.clone();
            let event = presentation.outcome(&world.people[index], shown, &world.settings, now);
            find(&mut world, id)?.finished = true;
            (presentation.callback, event)
        };
        let status = self.send(&callback, &event).await?;
        Ok((event, status))
    }

    /// The wallet breaks off.
    pub async fn break_off_presentation(&self, id: Uuid) -> anyhow::Result<(Value, u16)> {
        self.open_presentation(id).await?;
        let (callback, event) = {
            let mut world = self.lock();
            let presentation = find(&mut world, id)?;
            presentation.finished = true;
            let event =
                presentation.error("internalError", "The presentation could not be completed.");
            (presentation.callback.clone(), event)
        };
        let status = self.send(&callback, &event).await?;
        Ok((event, status))
    }

    async fn send(&self, callback: &Callback, event: &Value) -> anyhow::Result<u16> {
        let origin = self.lock().settings.callback_origin.clone();
        let mut url = Url::parse(&callback.url)?;
        if let Some(origin) = origin {
            url = Url::parse(&origin)?.join(url.path())?;
        }
        let client = EVENTS
            .as_ref()
            .map_err(|error| anyhow::anyhow!("events cannot be sent: {error}"))?;
        let mut request = client.post(url).json(event);
        for (name, value) in &callback.headers {
            request = request.header(name, value);
        }
        let answer = request.send().await.context("the callback failed")?;
        Ok(answer.status().as_u16())
    }
}

fn find(world: &mut World, id: Uuid) -> anyhow::Result<&mut Presentation> {
    world
        .presentations
        .iter_mut()
        .find(|presentation| presentation.id == id)
        .context("there is no such request")
}
