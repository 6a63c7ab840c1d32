/// The functions that an expression can call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Sqrt,
    Sin,
    Cos,
    Tan,
    Asin,
    Acos,
    Atan,
    Atan2,
    Exp,
    Log,
    Log10,
    Abs,
    Min,
    Max,
    Floor,
    Ceil,
    Round,
}

const ALL: &[(&str, Function)] = &[
    ("sqrt", Function::Sqrt),
    ("sin", Function::Sin),
    ("cos", Function::Cos),
    ("tan", Function::Tan),
    ("asin", Function::Asin),
    ("acos", Function::Acos),
    ("atan", Function::Atan),
    ("atan2", Function::Atan2),
    ("exp", Function::Exp),
    ("log", Function::Log),
    ("log10", Function::Log10),
    ("abs", Function::Abs),
    ("min", Function::Min),
    ("max", Function::Max),
    ("floor", Function::Floor),
    ("ceil", Function::Ceil),
    ("round", Function::Round),
];

impl Function {
    pub(super) fn from_name(name: &str) -> Option<Self> {
        ALL.iter().find(|(known, _)| *known == name).map(|(_, function)| *function)
    }

    pub(super) fn name(self) -> &'static str {
        ALL.iter().find(|(_, known)| *known == self).map_or("", |(name, _)| name)
    }

    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        ALL.iter().map(|(name, _)| *name)
    }

    pub(super) fn list() -> String {
        Self::names().collect::<Vec<_>>().join(", ")
    }

    /// Whether it can be called with `count` arguments, else what it takes.
    pub(super) fn accepts(self, count: usize) -> Result<(), &'static str> {
        match self {
            Self::Min | Self::Max if count >= 1 => Ok(()),
            Self::Min | Self::Max => Err("one or more arguments"),
            Self::Atan2 if count == 2 => Ok(()),
            Self::Atan2 => Err("two arguments"),
            _ if count == 1 => Ok(()),
            _ => Err("one argument"),
        }
    }
}
