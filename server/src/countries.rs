//! From which country an address is, by a table on this machine: no address leaves it.

use std::{fmt, net::IpAddr, path::Path};

use maxminddb::{MaxMindDbError, Reader, geoip2};

/// Kinds of tables that name a country for each network (<https://maxmind.github.io/MaxMind-DB/>).
const WITH_COUNTRIES: [&str; 3] = ["Country", "City", "Enterprise"];

/// A table of countries by network.
pub struct Countries(Box<Reader<Vec<u8>>>);

/// A country.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Country {
    /// Two capitals (ISO 3166-1).
    pub code: String,
    /// Its English name; the code where the table has none.
    pub name: String,
}

/// Why there is no table.
#[derive(Debug, thiserror::Error)]
pub enum NoCountries {
    /// It cannot be read, or it is of another format.
    #[error("cannot be read: {0}")]
    Unreadable(#[from] MaxMindDbError),
    /// It is a table of something else.
    #[error("is a table of another kind ({0:?}): it must hold countries, as GeoLite2-Country does")]
    OfAnotherKind(String),
}

impl fmt::Debug for Countries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Countries")
            .field(&self.0.metadata().database_type)
            .finish()
    }
}

impl Countries {
    /// Reads the table in `file`, which is kept in memory.
    ///
    /// # Errors
    /// If it is no such table, or has no countries.
    pub fn read(file: &Path) -> Result<Self, NoCountries> {
        let reader = Reader::open_readfile(file)?;
        let kind = &reader.metadata().database_type;
        if WITH_COUNTRIES.iter().any(|known| kind.contains(known)) {
            Ok(Self(Box::new(reader)))
        } else {
            Err(NoCountries::OfAnotherKind(kind.clone()))
        }
    }

    /// The country that the table names for this address. Nothing where it names none or is broken, which the log tells:
    /// a country is evidence, and nothing waits for it.
    pub fn of(&self, address: IpAddr) -> Option<Country> {
        self.look_up(address.to_canonical())
            .inspect_err(|error| {
                tracing::warn!(%error, "the table of countries has a fault (countries.table)");
            })
            .ok()
            .flatten()
    }

    fn look_up(&self, address: IpAddr) -> Result<Option<Country>, MaxMindDbError> {
        if address.is_ipv6() && self.0.metadata().ip_version == 4 {
            return Ok(None);
        }
        let found: Option<geoip2::Country<'_>> = self.0.lookup(address)?.decode()?;
        Ok(found.and_then(|found| {
            let code = found.country.iso_code.filter(|code| is_code(code))?;
            let name = found.country.names.english.unwrap_or(code);
            Some(Country {
                code: code.to_owned(),
                name: name.to_owned(),
            })
        }))
    }
}

fn is_code(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|letter| letter.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn table(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/data")
            .join(name)
    }

    #[test]
    fn an_address_has_the_country_of_its_network() {
        let countries = Countries::read(&table("countries.mmdb")).unwrap();
        let of = |address: &str| countries.of(address.parse().unwrap());
        let country = |code: &str, name: &str| {
            Some(Country {
                code: code.to_owned(),
                name: name.to_owned(),
            })
        };
        let sweden = country("SE", "Sweden");
        assert_eq!(of("89.160.20.112"), sweden);
        assert_eq!(of("::ffff:89.160.20.112"), sweden, "the same address");
        assert_eq!(of("216.160.83.56"), country("US", "United States"));
        assert_eq!(of("2001:218::1"), country("JP", "Japan"));
        for nowhere in ["127.0.0.1", "10.0.0.1", "::1", "203.0.113.9"] {
            assert_eq!(of(nowhere), None, "{nowhere}");
        }
    }

    #[test]
    fn what_is_no_table_of_countries_is_refused() {
        let refusal = |name: &str| Countries::read(&table(name)).unwrap_err().to_string();
        assert!(refusal("absent.mmdb").starts_with("cannot be read: i/o error"));
        assert!(refusal("README.md").starts_with("cannot be read: invalid database"));
        let other = refusal("no-countries.mmdb");
        assert!(
            other.starts_with("is a table of another kind (\"Test\")"),
            "{other}"
        );
    }

    #[test]
    fn a_broken_table_names_no_country_and_stops_nothing() {
        let whole = std::fs::read(table("countries.mmdb")).unwrap();
        let countries = Reader::from_source(whole.clone()).unwrap();
        // Every record is overwritten; the search tree and the description are left.
        let nodes = usize::try_from(countries.metadata().node_count).unwrap();
        let tree = nodes * usize::from(countries.metadata().record_size) / 4;
        let mark = b"\xab\xcd\xefMaxMind.com";
        let end = whole
            .windows(mark.len())
            .rposition(|window| window == mark)
            .unwrap();
        for filling in [0x00, 0x3f, 0x5d, 0xff] {
            let mut broken = whole.clone();
            broken[tree + 16..end].fill(filling);
            let broken = Countries(Box::new(Reader::from_source(broken).unwrap()));
            assert_eq!(broken.of("89.160.20.112".parse().unwrap()), None);
        }
    }
}
