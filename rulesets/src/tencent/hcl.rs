//! Reads the resources of a Terraform configuration as far as rules need it: blocks, and attributes
//! that are texts, numbers, or lists of texts. Everything else is kept as the text of an expression.
//!
//! The grammar is that of the HCL native syntax specification; a construct that makes rules when
//! Terraform runs (`dynamic`, `count`, `for_each`, a here-document) is refused in these resources.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::hcl_token::{Token, tokens};
use super::parse::ParseError;
use super::problem::{Problem, Result};
use super::terraform::Resource;
use crate::text::shown;
use serde_json::{Map, Value, json};

/// The resources whose type `wanted` accepts, in document order.
pub(super) fn resources(text: &str, wanted: fn(&str) -> bool) -> Result<Vec<Resource>> {
    let all = tokens(text)?;
    let mut reader = Reader { all: &all, at: 0 };
    let mut found = Vec::new();
    while !reader.done() {
        if let Some((kind, name)) = reader.resource() {
            let attributes = if wanted(&kind) {
                Some(reader.body(0, &format!("{kind}.{name}"))?)
            } else {
                reader.skip_block()?;
                None
            };
            found.extend(attributes.map(|attributes| Resource {
                address: shown(&format!("{kind}.{name}"), 120),
                kind,
                attributes,
            }));
        } else {
            reader.step_over()?;
        }
    }
    Ok(found)
}

struct Reader<'a> {
    all: &'a [(usize, Token)],
    at: usize,
}

impl Reader<'_> {
    fn done(&self) -> bool {
        self.at >= self.all.len()
    }

    fn peek(&self) -> Option<&Token> {
        self.all.get(self.at).map(|(_, token)| token)
    }

    fn take(&mut self) -> Option<Token> {
        let token = self.peek().cloned();
        self.at += 1;
        token
    }

    fn line(&self) -> usize {
        let last = self.all.len().saturating_sub(1);
        self.all.get(self.at.min(last)).map_or(1, |(line, _)| *line)
    }

    fn error(&self, problem: impl Into<String>) -> ParseError {
        ParseError::Text {
            line: self.line(),
            problem: problem.into(),
        }
    }

    /// The type and name of a resource whose body comes next.
    fn resource(&mut self) -> Option<(String, String)> {
        let head = self.all.get(self.at..self.at + 4)?;
        let [(_, word), (_, kind), (_, name), (_, open)] = head else {
            return None;
        };
        let (Token::Word(word), Token::Open('{')) = (word, open) else {
            return None;
        };
        let label = |token: &Token| match token {
            Token::Text(text) | Token::Word(text) => Some(text.clone()),
            Token::Open(_) | Token::Close(_) | Token::Sign(_) | Token::Line => None,
        };
        let (kind, name) = (label(kind)?, label(name)?);
        if word != "resource" {
            return None;
        }
        self.at += 4;
        Some((kind, name))
    }

    /// Passes one token, or a whole bracket when one opens.
    fn step_over(&mut self) -> Result<()> {
        match self.take() {
            Some(Token::Open(_)) => self.skip_block(),
            Some(Token::Close(sign)) => Err(self.error(format!("`{sign}` closes nothing"))),
            Some(Token::Word(_) | Token::Text(_) | Token::Sign(_) | Token::Line) | None => Ok(()),
        }
    }

    /// Passes what is left of a bracket that is open.
    fn skip_block(&mut self) -> Result<()> {
        let mut depth = 1_usize;
        while depth > 0 {
            match self.take() {
                Some(Token::Open(_)) => depth += 1,
                Some(Token::Close(_)) => depth -= 1,
                Some(Token::Word(_) | Token::Text(_) | Token::Sign(_) | Token::Line) => {}
                None => return Err(self.error("a bracket is not closed")),
            }
        }
        Ok(())
    }

    /// The attributes and blocks up to the brace that closes; blocks of one name become a list.
    fn body(&mut self, depth: usize, path: &str) -> Result<Map<String, Value>> {
        let mut members = Map::new();
        loop {
            match self.take() {
                Some(Token::Line) => {}
                Some(Token::Close('}')) => return Ok(members),
                Some(Token::Word(name)) => {
                    if ["dynamic", "count", "for_each"].contains(&name.as_str()) {
                        return Err(Problem::Generated(name).at(path));
                    }
                    match self.take() {
                        Some(Token::Sign('=')) => {
                            let value = self.value(path)?;
                            if members.insert(name.clone(), value).is_some() {
                                return Err(self.twice(&name));
                            }
                        }
                        Some(Token::Open('{')) if depth < DEPTH => {
                            let path = format!("{path}.{name}");
                            let block = Value::Object(self.body(depth + 1, &path)?);
                            let list = members.entry(name.clone()).or_insert_with(|| json!([]));
                            let Some(list) = list.as_array_mut() else {
                                return Err(self.twice(&name));
                            };
                            list.push(block);
                        }
                        Some(_) | None => {
                            let name = shown(&name, 40);
                            return Err(
                                self.error(format!("expected `=` or a block after `{name}`"))
                            );
                        }
                    }
                }
                Some(_) => {
                    return Err(self.error("expected a name, or `}` at the end of the block"));
                }
                None => return Err(self.error("a block is not closed")),
            }
        }
    }

    fn twice(&self, name: &str) -> ParseError {
        self.error(format!("`{}` is given twice", shown(name, 40)))
    }

    /// A value up to the end of its line; brackets may span lines.
    fn value(&mut self, path: &str) -> Result<Value> {
        let start = self.at;
        match (self.peek().cloned(), self.all.get(self.at + 1)) {
            (Some(Token::Text(text)), next) if ends(next) => {
                self.at += 1;
                Ok(json!(text))
            }
            (Some(Token::Word(word)), next) if ends(next) => {
                self.at += 1;
                Ok(plain(&word))
            }
            (Some(Token::Open('[')), _) => {
                if let Some(list) = self.texts() {
                    return Ok(list);
                }
                self.at = start;
                self.expression(path)
            }
            (Some(_), _) => self.expression(path),
            (None, _) => Err(self.error("a value is missing")),
        }
    }

    /// A list of texts; `None` when it is anything else.
    fn texts(&mut self) -> Option<Value> {
        let mut list = Vec::new();
        self.at += 1;
        loop {
            match self.take()? {
                Token::Line | Token::Sign(',') => {}
                Token::Close(']') => break,
                Token::Text(text) => list.push(json!(text)),
                Token::Word(_) | Token::Open(_) | Token::Close(_) | Token::Sign(_) => return None,
            }
        }
        ends(self.all.get(self.at)).then_some(Value::Array(list))
    }

    /// An expression, as a text that says so.
    fn expression(&mut self, path: &str) -> Result<Value> {
        let mut words = String::new();
        let mut depth = 0_usize;
        loop {
            match self.peek() {
                Some(Token::Close(_) | Token::Line) | None if depth == 0 => break,
                None => return Err(self.error("a bracket is not closed")),
                Some(Token::Sign('<')) if words.is_empty() => {
                    return Err(Problem::Generated("<<".to_owned()).at(path));
                }
                Some(token) => {
                    match token {
                        Token::Open(_) => depth += 1,
                        Token::Close(_) => depth -= 1,
                        Token::Word(_) | Token::Text(_) | Token::Sign(_) | Token::Line => {}
                    }
                    if words.len() < EXPRESSION_SHOWN {
                        words.push_str(&token.to_string());
                    }
                    self.at += 1;
                }
            }
        }
        Ok(json!(format!("${{{words}}}")))
    }
}

/// True where a value ends.
fn ends(next: Option<&(usize, Token)>) -> bool {
    matches!(
        next,
        None | Some((_, Token::Line | Token::Close(_) | Token::Sign(',')))
    )
}

/// A number or a truth value as it is; any other word is a name that Terraform works out.
fn plain(word: &str) -> Value {
    match word {
        "true" => json!(true),
        "false" => json!(false),
        "null" => Value::Null,
        _ => word
            .parse::<u64>()
            .map_or_else(|_| json!(format!("${{{word}}}")), |number| json!(number)),
    }
}

/// How deep blocks are read; rules stand one deep.
const DEPTH: usize = 8;

const EXPRESSION_SHOWN: usize = 60;
