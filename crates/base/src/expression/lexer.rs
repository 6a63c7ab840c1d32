use super::{Error, Problem};

/// One word, number or sign of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Number(f64),
    Word,
    Sign(char),
    End,
}

/// A token with the bytes it covers.
#[derive(Clone, Debug)]
pub(super) struct Lexeme {
    pub(super) token: Token,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Cuts a text into tokens; the last one is always [`Token::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<Lexeme>, Error> {
    let mut out = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some(&(start, c)) = rest.peek() {
        let (token, end) = match c {
            c if c.is_whitespace() => {
                rest.next();
                continue;
            }
            '0'..='9' | '.' => number(text, start)?,
            c if begins_word(c) => {
                let end = text[start..].find(|c| !continues_word(c)).map_or(text.len(), |n| start + n);
                (Token::Word, end)
            }
            '+' | '-' | '*' | '/' | '^' | '(' | ')' | ',' => (Token::Sign(c), start + 1),
            other => {
                let problem = Problem::Syntax {
                    expected: "a number, a name or one of `+ - * / ^ ( )`",
                    found: format!("`{other}`"),
                };
                return Err(Error::at(text, start, problem));
            }
        };
        while rest.next_if(|(at, _)| *at < end).is_some() {}
        out.push(Lexeme { token, start, end });
    }
    out.push(Lexeme { token: Token::End, start: text.len(), end: text.len() });
    Ok(out)
}

fn begins_word(c: char) -> bool {
    c.is_alphabetic() || matches!(c, '_' | '°' | 'µ' | '\u{2126}')
}

fn continues_word(c: char) -> bool {
    begins_word(c) || c.is_ascii_digit()
}

fn number(text: &str, start: usize) -> Result<(Token, usize), Error> {
    let bytes = text.as_bytes();
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    let mut end = digits(start);
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        // `2 eps0` without its space is no power of ten: only digits make it one.
        if bytes.get(end + 1 + sign).is_some_and(u8::is_ascii_digit) {
            end = digits(end + 1 + sign);
        }
    }
    let written = &text[start..end];
    match written.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok((Token::Number(value), end)),
        Ok(_) => Err(Error::at(text, start, Problem::Number(written.to_owned()))),
        Err(_) => {
            let problem = Problem::Syntax { expected: "a number", found: format!("`{written}`") };
            Err(Error::at(text, start, problem))
        }
    }
}
