use std::ops::Range;

use super::lexer::{Lexeme, Token, tokens};
use super::{Error, Function, MAX_DEPTH, MAX_LENGTH, Problem};
use crate::spelling;
use crate::units::{Quantity, Unit, parse_symbol};

/// A part of an expression and the bytes it was read from.
#[derive(Clone, Debug)]
pub(super) struct Term {
    pub(super) node: Node,
    pub(super) span: Range<usize>,
}

#[derive(Clone, Debug)]
pub(super) enum Node {
    Number(f64),
    /// A number with a unit; `divisors` are the unit symbols after a `/`, which a parameter may shadow.
    Measured {
        quantity: Quantity,
        divisors: Vec<Range<usize>>,
    },
    Name(String),
    Negative(Box<Term>),
    Binary(char, Box<Term>, Box<Term>),
    Call(Function, Vec<Term>),
}

impl Term {
    /// Calls `visit` with each name and where it stands.
    pub(super) fn visit_names<'a>(&'a self, visit: &mut impl FnMut(&'a str, usize)) {
        match &self.node {
            Node::Number(_) | Node::Measured { .. } => {}
            Node::Name(name) => visit(name, self.span.start),
            Node::Negative(term) => term.visit_names(visit),
            Node::Binary(_, left, right) => {
                left.visit_names(visit);
                right.visit_names(visit);
            }
            Node::Call(_, arguments) => arguments.iter().for_each(|term| term.visit_names(visit)),
        }
    }
}

pub(super) fn parse(text: &str) -> Result<Term, Error> {
    if text.len() > MAX_LENGTH {
        return Err(Error::at(text, 0, Problem::Long(text.chars().count())));
    }
    let mut parser = Parser { text, tokens: tokens(text)?, at: 0, depth: 0 };
    let term = parser.sum()?;
    match parser.peek() {
        Token::End => Ok(term),
        _ => Err(parser.unexpected("an operator such as `+` or `*`, or the end")),
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Lexeme>,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn sum(&mut self) -> Result<Term, Error> {
        let mut left = self.product()?;
        while let Some(sign) = self.take(&['+', '-']) {
            let right = self.product()?;
            left = binary(sign, left, right);
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<Term, Error> {
        let mut left = self.sign()?;
        while let Some(sign) = self.take(&['*', '/']) {
            let right = self.sign()?;
            left = binary(sign, left, right);
        }
        Ok(left)
    }

    /// Every way into a deeper level leads through here, so that the depth is counted here alone.
    fn sign(&mut self) -> Result<Term, Error> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Error::at(self.text, self.lexeme().start, Problem::Deep));
        }
        let start = self.lexeme().start;
        let term = match self.take(&['+', '-']) {
            Some('-') => {
                let term = self.sign()?;
                let span = start..term.span.end;
                Term { node: Node::Negative(Box::new(term)), span }
            }
            Some(_) => self.sign()?,
            None => self.power()?,
        };
        self.depth -= 1;
        Ok(term)
    }

    fn power(&mut self) -> Result<Term, Error> {
        let base = self.atom()?;
        match self.take(&['^']) {
            Some(sign) => {
                let exponent = self.sign()?;
                Ok(binary(sign, base, exponent))
            }
            None => Ok(base),
        }
    }

    fn atom(&mut self) -> Result<Term, Error> {
        let start = self.lexeme().start;
        let node = match self.peek().clone() {
            Token::Number(value) => {
                self.at += 1;
                self.measured(value, start)?
            }
            Token::Word => self.name_or_call()?,
            Token::Sign('(') => {
                self.at += 1;
                let inner = self.sum()?;
                self.close()?;
                inner.node
            }
            _ => return Err(self.unexpected("a number, a name or `(`")),
        };
        let end = self.tokens.get(self.at.saturating_sub(1)).map_or(start, |lexeme| lexeme.end);
        Ok(Term { node, span: start..end })
    }

    fn measured(&mut self, value: f64, start: usize) -> Result<Node, Error> {
        if *self.peek() != Token::Word {
            return Ok(Node::Number(value));
        }
        let word = self.word().to_owned();
        let Some(first) = parse_symbol(&word) else {
            let number = self.text[start..self.lexeme().start].trim().to_owned();
            return Err(Error::at(self.text, self.lexeme().start, Problem::Unit { number, word }));
        };
        self.at += 1;
        let mut unit = self.powered(first, start, 1)?;
        let mut divisors = Vec::new();
        while let Some(divisor) = self.divisor() {
            self.at += 1;
            let lexeme = self.lexeme();
            divisors.push(lexeme.start..lexeme.end);
            self.at += 1;
            let below = self.powered(divisor, start, -1)?;
            unit = unit.times(below).ok_or_else(|| self.out_of_range(start))?;
        }
        let value = unit.to_si(value);
        if !value.is_finite() {
            return Err(self.out_of_range(start));
        }
        let dimension = unit.dimension;
        Ok(Node::Measured { quantity: Quantity { value, dimension }, divisors })
    }

    /// The unit after a `/` that follows a unit, if one is next.
    fn divisor(&self) -> Option<Unit> {
        let [slash, word, after] = self.tokens.get(self.at..self.at + 3)? else {
            return None;
        };
        if slash.token != Token::Sign('/') || word.token != Token::Word || after.token == Token::Sign('(') {
            return None;
        }
        parse_symbol(&self.text[word.start..word.end])
    }

    /// The unit with the integer power that may follow it.
    fn powered(&mut self, unit: Unit, start: usize, sign: i32) -> Result<Unit, Error> {
        let mut exponent = 1;
        if self.take(&['^']).is_some() {
            let negative = self.take(&['-']).is_some();
            let Token::Number(value) = *self.peek() else {
                return Err(self.unexpected("a whole number as the power of a unit"));
            };
            if value.fract() != 0.0 || value.abs() > 12.0 {
                return Err(self.unexpected("a whole number up to 12 as the power of a unit"));
            }
            self.at += 1;
            exponent = if negative { -(value as i32) } else { value as i32 };
        }
        unit.power(sign * exponent).ok_or_else(|| self.out_of_range(start))
    }

    fn name_or_call(&mut self) -> Result<Node, Error> {
        let name = self.word().to_owned();
        let start = self.lexeme().start;
        self.at += 1;
        if self.take(&['(']).is_none() {
            return Ok(Node::Name(name));
        }
        let Some(function) = Function::from_name(&name) else {
            let nearest = spelling::nearest(&name, Function::names()).map(str::to_owned);
            return Err(Error::at(self.text, start, Problem::Function { name, nearest }));
        };
        let mut arguments = Vec::new();
        if *self.peek() != Token::Sign(')') {
            arguments.push(self.sum()?);
            while self.take(&[',']).is_some() {
                arguments.push(self.sum()?);
            }
        }
        self.close()?;
        match function.accepts(arguments.len()) {
            Ok(()) => Ok(Node::Call(function, arguments)),
            Err(expected) => {
                let problem = Problem::Arguments { name: function.name(), expected, given: arguments.len() };
                Err(Error::at(self.text, start, problem))
            }
        }
    }

    fn close(&mut self) -> Result<(), Error> {
        match self.take(&[')']) {
            Some(_) => Ok(()),
            None => Err(self.unexpected("an operator or `)`")),
        }
    }

    fn lexeme(&self) -> &Lexeme {
        // The last token is `End` and is never consumed, so the index stays in range.
        &self.tokens[self.at.min(self.tokens.len() - 1)]
    }

    fn peek(&self) -> &Token {
        &self.lexeme().token
    }

    fn word(&self) -> &str {
        let lexeme = self.lexeme();
        &self.text[lexeme.start..lexeme.end]
    }

    fn take(&mut self, signs: &[char]) -> Option<char> {
        match *self.peek() {
            Token::Sign(sign) if signs.contains(&sign) => {
                self.at += 1;
                Some(sign)
            }
            _ => None,
        }
    }

    fn unexpected(&self, expected: &'static str) -> Error {
        let found = match self.peek() {
            Token::End => "the end of the expression".to_owned(),
            _ => format!("`{}`", self.word()),
        };
        Error::at(self.text, self.lexeme().start, Problem::Syntax { expected, found })
    }

    fn out_of_range(&self, start: usize) -> Error {
        let end = self.lexeme().start;
        Error::at(self.text, start, Problem::Power(self.text[start..end].trim().to_owned()))
    }
}

fn binary(sign: char, left: Term, right: Term) -> Term {
    let span = left.span.start..right.span.end;
    Term { node: Node::Binary(sign, Box::new(left), Box::new(right)), span }
}
