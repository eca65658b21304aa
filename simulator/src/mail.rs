//! A real SMTP listener, and the mailbox in which everything it accepts lands.

use std::{
    collections::BTreeMap,
    io,
    net::{IpAddr, SocketAddr},
};

use jiff::Timestamp;
use mail_parser::{MessageParser, PartType};
use mailin::{Action, Handler, Response, SessionBuilder, response};
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use crate::front::Tenant;

/// The longest line taken, far above the 998 octets of RFC 5322.
const MAX_LINE: usize = 1024 * 1024;

/// Everything delivered, and how deliveries are treated now.
#[derive(Default)]
pub struct Mailbox {
    mails: Vec<Mail>,
    delivered: u64,
    pub treatment: Treatment,
}

/// One delivered mail.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Mail {
    /// Counts up from 1.
    pub id: u64,
    /// The envelope's sender.
    pub from: String,
    /// The envelope's recipients.
    pub to: Vec<String>,
    pub subject: String,
    pub text: Option<String>,
    pub html: Option<String>,
    pub received_at: Timestamp,
    /// Raw header fields; of a repeated one the last.
    pub headers: BTreeMap<String, String>,
}

/// How the listener treats deliveries.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Treatment {
    #[serde(default)]
    pub mode: Mode,
    /// Confines `reject-recipient`, `reject-data` and `tempfail` to mails for this address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<String>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    #[default]
    Accept,
    /// Connections are reset before the greeting.
    RefuseConnection,
    /// 550 to `RCPT TO`.
    RejectRecipient,
    /// 554 after the data.
    RejectData,
    /// 451 after the data.
    Tempfail,
    /// Takes the mail, and resets the connection before saying so.
    DropAfterData,
}

impl Treatment {
    fn is(&self, mode: Mode, recipients: &[String]) -> bool {
        self.mode == mode
            && self.recipient.as_ref().is_none_or(|only| {
                recipients
                    .iter()
                    .any(|recipient| recipient.eq_ignore_ascii_case(only))
            })
    }
}

impl Mailbox {
    /// Mails, oldest first; with `to` only those delivered to that address.
    pub fn mails(&self, to: Option<&str>) -> Vec<&Mail> {
        self.mails
            .iter()
            .filter(|mail| {
                to.is_none_or(|to| {
                    mail.to
                        .iter()
                        .any(|address| address.eq_ignore_ascii_case(to))
                })
            })
            .collect()
    }

    pub fn mail(&self, id: u64) -> Option<&Mail> {
        self.mails.iter().find(|mail| mail.id == id)
    }

    /// Empties the mailbox; with `to` only of mails delivered to that address.
    pub fn clear(&mut self, to: Option<&str>) {
        self.mails.retain(|mail| {
            to.is_some_and(|to| {
                !mail
                    .to
                    .iter()
                    .any(|address| address.eq_ignore_ascii_case(to))
            })
        });
    }

    fn deliver(&mut self, from: &str, to: &[String], raw: &[u8], now: Timestamp) {
        self.delivered += 1;
        let message = MessageParser::default().parse(raw).unwrap_or_default();
        // A part of the other kind would be offered in place of a missing one; only real ones are wanted.
        let has_text = message
            .text_bodies()
            .any(|part| matches!(part.body, PartType::Text(_)));
        let has_html = message
            .html_bodies()
            .any(|part| matches!(part.body, PartType::Html(_)));
        self.mails.push(Mail {
            id: self.delivered,
            from: from.to_owned(),
            to: to.to_vec(),
            subject: message.subject().unwrap_or_default().to_owned(),
            text: message.body_text(0).filter(|_| has_text).map(Into::into),
            html: message.body_html(0).filter(|_| has_html).map(Into::into),
            received_at: now,
            headers: message
                .headers_raw()
                .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
                .collect(),
        });
    }
}

/// Accepts mail until the future is dropped, which closes every connection.
pub async fn serve(listener: TcpListener, tenant: Tenant) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, peer)) = accepted {
                    connections.spawn(talk(stream, peer, tenant.clone()));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn talk(stream: TcpStream, peer: SocketAddr, tenant: Tenant) {
    if tenant.lock().mailbox.treatment.mode == Mode::RefuseConnection {
        // Nothing to do if the option cannot be set: the client then sees a plain close.
        let _ = stream.set_zero_linger();
        return;
    }
    if let Err(error) = converse(stream, peer, tenant).await {
        tracing::debug!(%error, "an SMTP connection broke");
    }
}

async fn converse(stream: TcpStream, peer: SocketAddr, tenant: Tenant) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    let delivery = Delivery::new(tenant.clone());
    let mut session = SessionBuilder::new("mail.harbourfinch.example").build(peer.ip(), delivery);
    stream.write_all(&session.greeting().buffer()?).await?;
    let mut line = Vec::new();
    loop {
        line.clear();
        if stream.read_until(b'\n', &mut line).await? == 0 || line.len() > MAX_LINE {
            return Ok(());
        }
        let reply = session.process(&line);
        let is_taken = !reply.is_error && line == b".\r\n";
        if is_taken && tenant.lock().mailbox.treatment.mode == Mode::DropAfterData {
            return stream.get_ref().set_zero_linger();
        }
        stream.write_all(&reply.buffer()?).await?;
        // After refused data the library goes on reading data, where the client already says QUIT; so the conversation
        // ends here.
        let refused_data = reply.is_error && line == b".\r\n";
        if reply.action == Action::Close || refused_data {
            return stream.flush().await;
        }
    }
}

/// One SMTP conversation.
struct Delivery {
    tenant: Tenant,
    from: String,
    to: Vec<String>,
    raw: Vec<u8>,
}

impl Delivery {
    fn new(tenant: Tenant) -> Self {
        Self {
            tenant,
            from: String::new(),
            to: Vec::new(),
            raw: Vec::new(),
        }
    }
}

impl Handler for Delivery {
    fn mail(&mut self, _ip: IpAddr, _domain: &str, from: &str) -> Response {
        from.clone_into(&mut self.from);
        self.to.clear();
        self.raw.clear();
        response::OK
    }

    fn rcpt(&mut self, to: &str) -> Response {
        let recipient = [to.to_owned()];
        if self
            .tenant
            .lock()
            .mailbox
            .treatment
            .is(Mode::RejectRecipient, &recipient)
        {
            return response::NO_MAILBOX;
        }
        self.to.extend(recipient);
        response::OK
    }

    fn data(&mut self, line: &[u8]) -> io::Result<()> {
        self.raw.extend_from_slice(line);
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        let mut world = self.tenant.lock();
        let treatment = &world.mailbox.treatment;
        if treatment.is(Mode::RejectData, &self.to) {
            return response::TRANSACTION_FAILED;
        }
        if treatment.is(Mode::Tempfail, &self.to) {
            return response::INTERNAL_ERROR;
        }
        let now = world.now();
        world.mailbox.deliver(&self.from, &self.to, &self.raw, now);
        response::OK
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivered(raw: &str, to: &[&str]) -> Mailbox {
        let mut mailbox = Mailbox::default();
        let to: Vec<String> = to.iter().map(|address| (*address).to_owned()).collect();
        mailbox.deliver("a@b.example", &to, raw.as_bytes(), Timestamp::UNIX_EPOCH);
        mailbox
    }

    #[test]
    fn both_parts_of_a_mail_are_found() {
        let raw = "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nMIME-Version: 1.0\r\n\
                   Content-Type: multipart/alternative; boundary=x\r\n\r\n\
                   --x\r\nContent-Type: text/plain\r\n\r\nhello\r\n\
                   --x\r\nContent-Type: text/html\r\n\r\n<p>hello</p>\r\n--x--\r\n";
        let mailbox = delivered(raw, &["C@d.example"]);
        let mail = mailbox.mails(Some("c@D.example"))[0];
        assert_eq!(mail.subject, "Grüße");
        assert_eq!(mail.text.as_deref().map(str::trim), Some("hello"));
        assert_eq!(mail.html.as_deref().map(str::trim), Some("<p>hello</p>"));
    }

    #[test]
    fn a_missing_part_stays_missing() {
        let mailbox = delivered("Subject: x\r\n\r\nplain\r\n", &["c@d.example"]);
        assert_eq!(mailbox.mails[0].html, None);
        assert!(mailbox.mails(Some("e@d.example")).is_empty());
    }

    #[test]
    fn clearing_one_recipient_keeps_the_others() {
        let mut mailbox = delivered("Subject: x\r\n\r\n", &["c@d.example"]);
        mailbox.clear(Some("other@d.example"));
        assert_eq!(mailbox.mails.len(), 1);
        mailbox.clear(None);
        assert!(mailbox.mails.is_empty());
    }
}
