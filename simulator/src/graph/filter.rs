//! The `$filter` expressions that Graph's documentation uses, evaluated over JSON.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde_json::Value;

/// A parsed `$filter`.
#[derive(Debug)]
pub enum Filter {
    Or(Box<Self>, Box<Self>),
    And(Box<Self>, Box<Self>),
    Not(Box<Self>),
    Compare {
        path: String,
        operator: Operator,
        literal: Value,
    },
    /// `startsWith`, `endsWith` or `contains`.
    Text {
        function: TextFunction,
        path: String,
        argument: String,
    },
    Any {
        path: String,
        variable: String,
        inner: Box<Self>,
    },
    In {
        path: String,
        literals: Vec<Value>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextFunction {
    StartsWith,
    EndsWith,
    Contains,
}

impl Filter {
    /// Reads an expression.
    ///
    /// # Errors
    /// A message for the caller when the text is no expression of the subset.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parser = Parser {
            tokens: tokenize(text)?,
            place: 0,
        };
        let filter = parser.or()?;
        match parser.peek() {
            None => Ok(filter),
            Some(token) => Err(format!("Syntax error near {token:?}.")),
        }
    }

    pub fn matches(&self, item: &Value) -> bool {
        self.evaluate(item, None)
    }

    /// Whether the directory answers it only with `ConsistencyLevel: eventual` and `$count=true` (FACTS §3).
    pub fn is_advanced(&self) -> bool {
        match self {
            Self::Or(left, right) | Self::And(left, right) => {
                left.is_advanced() || right.is_advanced()
            }
            Self::Not(_) => true,
            Self::Compare { operator, .. } => *operator == Operator::NotEqual,
            Self::Text { function, .. } => *function != TextFunction::StartsWith,
            Self::Any { inner, .. } => inner.is_advanced(),
            Self::In { .. } => false,
        }
    }

    /// The first segment of every path that starts at the item itself.
    pub fn properties(&self) -> Vec<&str> {
        match self {
            Self::Or(left, right) | Self::And(left, right) => {
                let mut all = left.properties();
                all.extend(right.properties());
                all
            }
            Self::Not(inner) => inner.properties(),
            Self::Compare { path, .. }
            | Self::Text { path, .. }
            | Self::Any { path, .. }
            | Self::In { path, .. } => path.split('/').take(1).collect(),
        }
    }

    fn evaluate(&self, item: &Value, bound: Option<(&str, &Value)>) -> bool {
        match self {
            Self::Or(left, right) => left.evaluate(item, bound) || right.evaluate(item, bound),
            Self::And(left, right) => left.evaluate(item, bound) && right.evaluate(item, bound),
            Self::Not(inner) => !inner.evaluate(item, bound),
            Self::Compare {
                path,
                operator,
                literal,
            } => compare(resolve(item, bound, path), *operator, literal),
            Self::Text {
                function,
                path,
                argument,
            } => {
                let Some(text) = resolve(item, bound, path).as_str() else {
                    return false;
                };
                let (text, argument) = (text.to_lowercase(), argument.to_lowercase());
                match function {
                    TextFunction::StartsWith => text.starts_with(&argument),
                    TextFunction::EndsWith => text.ends_with(&argument),
                    TextFunction::Contains => text.contains(&argument),
                }
            }
            Self::Any {
                path,
                variable,
                inner,
            } => resolve(item, bound, path)
                .as_array()
                .is_some_and(|entries| {
                    entries
                        .iter()
                        .any(|entry| inner.evaluate(item, Some((variable, entry))))
                }),
            Self::In { path, literals } => {
                let value = resolve(item, bound, path);
                literals
                    .iter()
                    .any(|literal| compare(value, Operator::Equal, literal))
            }
        }
    }
}

fn resolve<'a>(item: &'a Value, bound: Option<(&str, &'a Value)>, path: &str) -> &'a Value {
    let mut segments = path.split('/').peekable();
    let mut value = item;
    if let Some((variable, entry)) = bound
        && segments.peek() == Some(&variable)
    {
        segments.next();
        value = entry;
    }
    for segment in segments {
        value = value.get(segment).unwrap_or(&Value::Null);
    }
    value
}

fn compare(value: &Value, operator: Operator, literal: &Value) -> bool {
    let order = match (value, literal) {
        (Value::String(left), Value::String(right)) => Some(compare_text(left, right)),
        (Value::Number(left), Value::Number(right)) => left.as_f64().partial_cmp(&right.as_f64()),
        (left, right) if left == right => Some(Ordering::Equal),
        _ => None,
    };
    match operator {
        Operator::Equal => order == Some(Ordering::Equal),
        Operator::NotEqual => order != Some(Ordering::Equal),
        Operator::Greater => order == Some(Ordering::Greater),
        Operator::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        Operator::Less => order == Some(Ordering::Less),
        Operator::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
    }
}

/// Times by their moment, other text without regard to case, as the directory compares.
fn compare_text(left: &str, right: &str) -> Ordering {
    match (left.parse::<Timestamp>(), right.parse::<Timestamp>()) {
        (Ok(left), Ok(right)) => left.cmp(&right),
        _ => left.to_lowercase().cmp(&right.to_lowercase()),
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Open,
    Close,
    Comma,
    Colon,
}

fn tokenize(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(first) = chars.next() {
        match first {
            ' ' => {}
            '(' => tokens.push(Token::Open),
            ')' => tokens.push(Token::Close),
            ',' => tokens.push(Token::Comma),
            // Inside a time such as 2026-08-19T00:00:00Z the colon belongs to the word, see below.
            ':' => tokens.push(Token::Colon),
            '\'' => {
                let mut literal = String::new();
                loop {
                    match chars.next() {
                        Some('\'') if chars.peek() == Some(&'\'') => {
                            chars.next();
                            literal.push('\'');
                        }
                        Some('\'') => break,
                        Some(other) => literal.push(other),
                        None => return Err("There is an unterminated string literal.".to_owned()),
                    }
                }
                tokens.push(Token::Text(literal));
            }
            first => {
                let mut word = String::from(first);
                while let Some(&next) = chars.peek() {
                    let ends = match next {
                        ' ' | '(' | ')' | ',' | '\'' => true,
                        ':' => !first.is_ascii_digit(),
                        _ => false,
                    };
                    if ends {
                        break;
                    }
                    word.push(next);
                    chars.next();
                }
                tokens.push(Token::Word(word));
            }
        }
    }
    Ok(tokens)
}

struct Parser {
    tokens: Vec<Token>,
    place: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.place)
    }

    fn next(&mut self) -> Result<Token, String> {
        let token = self
            .tokens
            .get(self.place)
            .cloned()
            .ok_or("The expression ends too early.")?;
        self.place += 1;
        Ok(token)
    }

    fn expect(&mut self, wanted: &Token) -> Result<(), String> {
        let token = self.next()?;
        if token == *wanted {
            Ok(())
        } else {
            Err(format!("Expected {wanted:?}, found {token:?}."))
        }
    }

    fn take_word(&mut self, wanted: &str) -> bool {
        let taken =
            matches!(self.peek(), Some(Token::Word(word)) if word.eq_ignore_ascii_case(wanted));
        if taken {
            self.place += 1;
        }
        taken
    }

    fn or(&mut self) -> Result<Filter, String> {
        let mut left = self.and()?;
        while self.take_word("or") {
            left = Filter::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Filter, String> {
        let mut left = self.unary()?;
        while self.take_word("and") {
            left = Filter::And(Box::new(left), Box::new(self.unary()?));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Filter, String> {
        if self.take_word("not") {
            return Ok(Filter::Not(Box::new(self.unary()?)));
        }
        if self.peek() == Some(&Token::Open) {
            self.place += 1;
            let inner = self.or()?;
            self.expect(&Token::Close)?;
            return Ok(inner);
        }
        self.term()
    }

    fn term(&mut self) -> Result<Filter, String> {
        let path = self.word()?;
        if self.peek() == Some(&Token::Open) {
            return self.call(&path);
        }
        if self.take_word("in") {
            self.expect(&Token::Open)?;
            let mut literals = vec![self.literal()?];
            while self.peek() == Some(&Token::Comma) {
                self.place += 1;
                literals.push(self.literal()?);
            }
            self.expect(&Token::Close)?;
            return Ok(Filter::In { path, literals });
        }
        let operator = match self.word()?.to_lowercase().as_str() {
            "eq" => Operator::Equal,
            "ne" => Operator::NotEqual,
            "gt" => Operator::Greater,
            "ge" => Operator::GreaterOrEqual,
            "lt" => Operator::Less,
            "le" => Operator::LessOrEqual,
            other => return Err(format!("'{other}' is not an operator.")),
        };
        Ok(Filter::Compare {
            path,
            operator,
            literal: self.literal()?,
        })
    }

    fn call(&mut self, name: &str) -> Result<Filter, String> {
        self.expect(&Token::Open)?;
        if let Some(path) = name.strip_suffix("/any") {
            let variable = self.word()?;
            self.expect(&Token::Colon)?;
            let inner = Box::new(self.or()?);
            self.expect(&Token::Close)?;
            return Ok(Filter::Any {
                path: path.to_owned(),
                variable,
                inner,
            });
        }
        let function = match name.to_lowercase().as_str() {
            "startswith" => TextFunction::StartsWith,
            "endswith" => TextFunction::EndsWith,
            "contains" => TextFunction::Contains,
            _ => return Err(format!("An unknown function with name '{name}' was found.")),
        };
        let path = self.word()?;
        self.expect(&Token::Comma)?;
        let Token::Text(argument) = self.next()? else {
            return Err("A string literal was expected.".to_owned());
        };
        self.expect(&Token::Close)?;
        Ok(Filter::Text {
            function,
            path,
            argument,
        })
    }

    fn word(&mut self) -> Result<String, String> {
        match self.next()? {
            Token::Word(word) => Ok(word),
            token => Err(format!("Expected a name, found {token:?}.")),
        }
    }

    fn literal(&mut self) -> Result<Value, String> {
        match self.next()? {
            Token::Text(text) => Ok(Value::from(text)),
            Token::Word(word) => Ok(match word.as_str() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                "null" => Value::Null,
                number if number.parse::<i64>().is_ok() => {
                    Value::from(number.parse::<i64>().unwrap_or_default())
                }
                other => Value::from(other),
            }),
            token => Err(format!("Expected a literal, found {token:?}.")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn matches(filter: &str) -> bool {
        let item = json!({
            "userId": "87d349ed-44d7-43e1-9a83-5f2406dee5bd",
            "displayName": "Liam O'Connor",
            "accountEnabled": true,
            "createdDateTime": "2026-08-20T09:00:01.765173Z",
            "otherMails": ["a@b.example"],
            "status": {"errorCode": 500_121},
            "targetResources": [{"id": "t1"}, {"id": "t2"}],
            "manager": null,
        });
        Filter::parse(filter).unwrap().matches(&item)
    }

    #[test]
    fn documented_forms() {
        for (filter, expected) in [
            ("userId eq '87D349ED-44d7-43e1-9a83-5f2406dee5bd'", true),
            ("displayName eq 'Liam O''Connor'", true),
            ("startsWith(displayName,'liam')", true),
            ("endsWith(displayName,'liam')", false),
            ("accountEnabled eq true", true),
            ("accountEnabled ne true", false),
            ("not(accountEnabled eq true)", false),
            ("otherMails/any(x:x eq 'a@b.example')", true),
            ("otherMails/any(x:x eq 'z@b.example')", false),
            ("targetResources/any(t:t/id eq 't2')", true),
            ("status/errorCode eq 500121", true),
            ("status/errorCode eq 0", false),
            ("createdDateTime ge 2026-08-20T00:00:00Z", true),
            ("createdDateTime ge 2026-08-20T09:00:02Z", false),
            (
                "userId eq 'x' or (accountEnabled eq true and manager eq null)",
                true,
            ),
            ("displayName in ('A','Liam O''Connor')", true),
        ] {
            assert_eq!(matches(filter), expected, "{filter}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for filter in [
            "",
            "displayName",
            "displayName eq",
            "displayName is 'x'",
            "soundsLike(a,'b')",
            "a eq 'b",
            "a eq 'b' c",
        ] {
            assert!(Filter::parse(filter).is_err(), "{filter}");
        }
    }

    #[test]
    fn advanced_forms_are_known() {
        let advanced = |text: &str| Filter::parse(text).unwrap().is_advanced();
        assert!(advanced("a ne 'b'"));
        assert!(advanced("not(a eq 'b')"));
        assert!(advanced("endsWith(mail,'x') and a eq 'b'"));
        assert!(!advanced("startsWith(mail,'x') and a eq 'b'"));
    }
}
