//! Composing a message and handing it to the SMTP server.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
    transport::smtp::{
        self,
        authentication::Credentials,
        client::{Tls, TlsParameters},
    },
};
use secrecy::ExposeSecret;
use uuid::Uuid;

use super::{Cause, Mail, MailError, address};
use crate::{
    clock::Clock,
    config::{self, Organisation},
};

/// Time to connect.
const CONNECT: Duration = Duration::from_secs(10);
/// Time for everything. lettre has no limit of its own after connecting.
const TOTAL: Duration = Duration::from_secs(30);

/// Sends [`Mail`]s by the configured SMTP server.
///
/// Each mail has a connection of its own. A pool would save a handshake, but a dialogue that is cut off
/// by the time limit goes back into lettre's pool half-way, and the next mail takes its late replies for
/// its own: a mail could count as accepted that never left.
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    organisation: Organisation,
    clock: Arc<dyn Clock>,
    /// Time for one mail.
    pub(super) limit: Duration,
}

impl Mailer {
    /// Sets up sending; does not connect yet.
    ///
    /// # Errors
    /// If the machine's certificate store cannot be used.
    pub fn new(
        mail: &config::Mail,
        organisation: &Organisation,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, smtp::Error> {
        let tls = match mail.tls {
            config::Tls::None => Tls::None,
            config::Tls::StartTls => Tls::Required(TlsParameters::new(mail.host.clone())?),
            config::Tls::Implicit => Tls::Wrapper(TlsParameters::new(mail.host.clone())?),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&mail.host)
            .port(mail.port)
            .tls(tls)
            .timeout(Some(CONNECT));
        if let Some(account) = &mail.credentials {
            builder = builder.credentials(Credentials::new(
                account.username.clone(),
                account.password.expose_secret().to_owned(),
            ));
        }
        Ok(Self {
            transport: builder.build(),
            from: mail.from.clone(),
            organisation: organisation.clone(),
            clock,
            limit: TOTAL,
        })
    }

    /// Words the mail and hands it to the server; `Ok` once the server has taken it.
    ///
    /// `key` names this mail to this recipient: the Message-ID is made of it, so that mail systems
    /// and people recognise a repeat.
    pub async fn send(&self, to: &str, mail: &Mail, key: Uuid) -> Result<(), MailError> {
        let to = address::strict(to).map_err(|_| MailError::Permanent(Cause::Address))?;
        let message = self.compose(to, mail, key)?;
        match tokio::time::timeout(self.limit, self.transport.send(message)).await {
            Ok(sent) => Ok(sent.map(drop)?),
            Err(_) => Err(MailError::Retryable(Cause::Timeout)),
        }
    }

    pub(super) fn compose(
        &self,
        to: Address,
        mail: &Mail,
        key: Uuid,
    ) -> Result<Message, MailError> {
        const UNCOMPOSED: MailError = MailError::Permanent(Cause::Message);
        let words = mail.words(&self.organisation).map_err(|_| UNCOMPOSED)?;
        let millis = u64::try_from(self.clock.now().millis()).unwrap_or(0);
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(words.subject)
            .date(SystemTime::UNIX_EPOCH + Duration::from_millis(millis))
            .message_id(Some(format!("<{key}@{}>", self.from.email.domain())))
            // RFC 3834 §5, and what Exchange reads: no out-of-office answers to these mails.
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ))
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("X-Auto-Response-Suppress"),
                "All".to_owned(),
            ))
            .multipart(MultiPart::alternative_plain_html(words.text, words.html))
            .map_err(|_| UNCOMPOSED)
    }
}
