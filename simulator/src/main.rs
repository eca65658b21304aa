//! `latchkey-simulator`: the stand-in tenant as a program.

use std::net::SocketAddr;

use clap::Parser;
use simulator::{Options, Simulator};
use tracing_subscriber::EnvFilter;

/// A stand-in Microsoft Entra tenant with example people, for trying and testing Latchkey. Not for real accounts.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Where to serve Graph, sign-in, pages and control
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3001")]
    http: SocketAddr,
    /// Where to take mail
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3025")]
    smtp: SocketAddr,
    /// How browsers and clients reach the HTTP address [default: http://localhost:PORT]
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_env_filter(
            EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info")),
        )
        .with_writer(std::io::stderr)
        .init();
    let simulator = Simulator::start(Options {
        http: arguments.http,
        smtp: arguments.smtp,
        public_url: arguments.public_url,
    })
    .await?;
    println!("Sign-in page  {}/", simulator.base_url());
    println!("Mailbox       {}/mailbox", simulator.base_url());
    println!("Wallet        {}/wallet", simulator.base_url());
    println!("Graph         {}/v1.0", simulator.base_url());
    println!("SMTP          {}", simulator.smtp_addr());
    tokio::signal::ctrl_c().await?;
    simulator.stop().await;
    Ok(())
}
